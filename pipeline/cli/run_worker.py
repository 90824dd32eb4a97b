"""The life of a `worker` process."""

import asyncio
import logging

from pipeline.cli.broker_topics import require_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.running import spare_the_collector, stop_on_signals, until_stopped
from pipeline.cli.sessions_worker import sessions_worker
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Engine, KafkaSettings, Observer
from pipeline.sessions import Settings

log = logging.getLogger(__name__)

LOOK_S = 0.1


async def run_worker(kafka: KafkaSettings, names: TopicNames, *, settings: Settings, host: str, port: int) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        BrokerUnreachableError: no broker answers at the start; later the engine waits for it.
        TopicsError: the topics are missing.
        Exception: what the engine failed of.
    """
    stop = stop_on_signals()
    async with admin_client(kafka) as client:
        await require_topics(client, names)
    worker = sessions_worker(kafka, names, settings=settings, host=host, port=port, observers=[Restores()])
    async with worker as running:
        log.info("admin port: %s", running.admin.url)
        settling = asyncio.create_task(_settle(running.engine))
        try:
            await until_stopped(running.engine, stop)
        finally:
            settling.cancel()
        log.info("stopping: a last checkpoint")
    log.info("stopped")


async def _settle(engine: Engine) -> None:
    """Once the first partitions run, their restored state is what lives long."""
    while not engine.ready:  # noqa: ASYNC110  # nobody sets an event for it
        await asyncio.sleep(LOOK_S)
    log.info("ready, %d partitions", len(engine.tasks))
    spare_the_collector()


class Restores(Observer):
    """Tells in the log of each partition that comes."""

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:
        log.info("partition %d: %d keys restored from %d records in %.1f s", partition, keys, records, seconds)
