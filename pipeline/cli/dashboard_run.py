"""The life of a `dashboard` process."""

import asyncio
import logging
import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from pipeline.cli.connection import admin_client
from pipeline.cli.options import ENVIRONMENT_PREFIX
from pipeline.cli.running import spare_the_collector, stop_on_signals
from pipeline.cli.topic_plan import TopicNames
from pipeline.dashboard import AccessError, AccessSettings, Dashboard, Names, Settings
from pipeline.engine import KafkaSettings
from pipeline.metrics import AdminServer, tell_of_process

log = logging.getLogger(__name__)

LOOK_S = 0.5
TOKEN_VARIABLE = f"{ENVIRONMENT_PREFIX}TOKEN"


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
    token_file: Path | None, header: str | None, proxies: str, environment: Mapping[str, str] = os.environ
) -> AccessSettings:
    """Who may see the page; raises AccessError."""
    token = token_file.read_text("utf-8").strip() if token_file else environment.get(TOKEN_VARIABLE) or None
    if token_file and environment.get(TOKEN_VARIABLE):
        raise AccessError(f"--token-file and {TOKEN_VARIABLE} are both given; one of them is enough")
    try:
        networks = tuple(ip_network(each.strip()) for each in proxies.split(",") if each.strip())
    except ValueError as error:
        raise AccessError(f"--trusted-proxies: {error}") from None
    return AccessSettings(token=token, header=header, proxies=networks)


def _registry(page: Dashboard) -> CollectorRegistry:
    registry = CollectorRegistry()
    tell_of_process(registry)
    watchers = Gauge("flinks_dashboard_pages_open", "Live pages that are open in a browser.", registry=registry)
    watchers.set_function(lambda: page.hub.watchers)
    held = Gauge("flinks_dashboard_results_held", "Results whose revisions still count.", registry=registry)
    held.set_function(lambda: page.model.remembered)
    return registry
