"""The life of a `collector` process."""

import logging
import resource
from contextlib import suppress

from prometheus_client import CollectorRegistry

from pipeline.cli.broker_topics import find_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.failures import TopicsError
from pipeline.cli.running import spare_the_collector, stop_on_signals
from pipeline.collector import Collector, Settings
from pipeline.engine import KafkaSettings
from pipeline.metrics import AdminServer, tell_of_process

log = logging.getLogger(__name__)

OTHER_FILES = 200
"""Open files beside connections."""


async def run_collector(kafka: KafkaSettings, settings: Settings, *, host: str, port: int) -> None:
    """Take events until SIGTERM or SIGINT, and finish those that were accepted.

    Raises:
        BrokerUnreachableError: no broker answers at the start; later the collector waits for it.
        TopicsError: a topic is missing.
        OSError: a port is taken.
    """
    stop = stop_on_signals()
    async with admin_client(kafka) as client:
        topics = [
            settings.topic,
            settings.rejected_topic,
            *([settings.webhooks_topic] if settings.webhooks_topic else []),
        ]
        found = await find_topics(client, topics)
        for topic in topics:
            if topic not in found:
                raise TopicsError(f"{topic} is missing; create it with `flinks-pipeline topics`")
    allow_files(settings.limits.connections + OTHER_FILES)
    collector = Collector(kafka, settings)
    admin = await AdminServer(_registry(collector), collector.unready, host=host, port=port).start()
    try:
        await collector.start()
        spare_the_collector()
        log.info("listening at %s, admin port %s", collector.url, admin.url)
        await stop.wait()
        log.info("stopping: what was accepted is finished")
        await collector.stop()
        log.info("stopped, %d records acknowledged", collector.writer.acknowledged)
    finally:
        await admin.stop()


def allow_files(wanted: int) -> None:
    """Open so many files, or as many as the machine lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _registry(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector.counts)
    tell_of_process(registry)
    return registry
