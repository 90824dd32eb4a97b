"""The life of an `alerts` process."""

import logging

from prometheus_client import CollectorRegistry

from pipeline.cli.alerts_worker import Alerting, alerts_worker
from pipeline.cli.broker_topics import require_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.running import stop_on_signals, until_stopped
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import KafkaSettings
from pipeline.metrics import AdminServer, EngineGauges, EngineMetrics, unready_reason

log = logging.getLogger(__name__)


async def run_alerts(kafka: KafkaSettings, names: TopicNames, alerting: Alerting, *, host: str, port: int) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        BrokerUnreachableError: no broker answers at the start; later the engine waits for it.
        TopicsError: the topics are missing.
        Exception: what the engine failed of.
    """
    stop = stop_on_signals()
    async with admin_client(kafka) as client:
        await require_topics(client, names)
    registry = CollectorRegistry()
    measured = EngineMetrics(registry)
    async with alerts_worker(kafka, names, alerting, registry, [measured]) as engine:
        registry.register(EngineGauges(engine))
        admin = await AdminServer(registry, lambda: unready_reason(engine), host=host, port=port).start()
        try:
            log.info("admin port: %s", admin.url)
            await until_stopped(engine, stop)
        finally:
            await admin.stop()
        log.info("stopping: a last checkpoint")
    log.info("stopped")
