"""The life of a `dashboard` process."""

import asyncio
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from pipeline.cli.connection import admin_client
from pipeline.cli.running import spare_the_collector, stop_on_signals
from pipeline.cli.secret import secret_in
from pipeline.cli.topic_plan import TopicNames
from pipeline.cli.trusted_proxies import Networks
from pipeline.dashboard import AccessSettings, Dashboard, Names, Settings
from pipeline.engine import KafkaSettings
from pipeline.metrics import AdminServer, tell_of_process

log = logging.getLogger(__name__)

LOOK_S = 0.5


async def run_dashboard(kafka: KafkaSettings, names: TopicNames, settings: Settings, *, host: str, port: int) -> None:
    """Serve the page until SIGTERM or SIGINT.

    Raises:
        AccessError: the page would be open to anybody.
        BrokerUnreachableError: no broker answers at the start; later the page waits for it, and says so.
        OSError: a port is taken.
    """
    stop = stop_on_signals()
    page = Dashboard(kafka, page_names(names), settings)
    async with admin_client(kafka):
        pass
    admin = await AdminServer(_registry(page), page.unready, host=host, port=port).start()
    try:
        async with page:
            settling = asyncio.create_task(_settle(page))
            log.info("live page: %s, admin port: %s", page.url, admin.url)
            ended, asked = asyncio.create_task(page.ended()), asyncio.create_task(stop.wait())
            await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            if ended.done():
                await ended
            ended.cancel()
            settling.cancel()
    finally:
        await admin.stop()
    log.info("stopped")


async def _settle(page: Dashboard) -> None:
    """Once the history is read, it is what lives long."""
    while await page.unready():  # noqa: ASYNC110  # nobody sets an event for it
        await asyncio.sleep(LOOK_S)
    spare_the_collector()


def page_names(names: TopicNames) -> Names:
    """What the page reads."""
    return Names(
        events=names.events,
        rejected=names.rejected,
        sessions=names.sessions,
        visits=names.visits,
        counts=names.counts,
        alerts=names.alerts,
        group=f"{names.prefix}sessions",
    )


def explain_options(broker: str, topic_prefix: str, kafka_config: Path | None) -> tuple[str, ...]:
    """Options of `explain` that make it look where the page does."""
    config = ("--kafka-config", str(kafka_config)) if kafka_config else ()
    return ("--broker", broker, "--topic-prefix", topic_prefix, *config)


def read_access(
    token_file: Path | None, header: str | None, proxies: Networks, environment: Mapping[str, str] = os.environ
) -> AccessSettings:
    """Who may see the page; raises SecretError."""
    token = secret_in("TOKEN", token_file, "--token-file", environment)
    return AccessSettings(token=token and token[0], header=header, proxies=proxies)


def _registry(page: Dashboard) -> CollectorRegistry:
    registry = CollectorRegistry()
    tell_of_process(registry)
    watchers = Gauge("flinks_dashboard_pages_open", "Live pages that are open in a browser.", registry=registry)
    watchers.set_function(lambda: page.hub.watchers)
    held = Gauge("flinks_dashboard_results_held", "Results whose revisions still count.", registry=registry)
    held.set_function(lambda: page.model.remembered)
    return registry
