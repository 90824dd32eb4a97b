"""A sessions agent with its metrics and its admin port, inside an event loop: what `worker` and `up` have in common."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pipeline.cli.running import running
from pipeline.cli.sessions_job import sessions_job
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Changes, Engine, KafkaSettings, Observer
from pipeline.flinks.institutions import SANDBOX
from pipeline.metrics import AdminServer, CommittedMetrics, EngineGauges, Metrics, unready_reason
from pipeline.sessions import Settings


@dataclass(frozen=True, slots=True)
class SessionsWorker:
    engine: Engine
    metrics: Metrics
    gauges: EngineGauges
    admin: AdminServer


@asynccontextmanager
async def sessions_worker(
    kafka: KafkaSettings,
    names: TopicNames,
    *,
    settings: Settings,
    host: str,
    port: int,
    observers: Sequence[Observer] = (),
) -> AsyncIterator[SessionsWorker]:
    """Run it as long as the context lasts; its topics must exist.

    Raises:
        OSError: the admin port is taken.
        KafkaError: the broker went away while the engine was starting.
    """
    labelled = (*settings.institutions, SANDBOX) if settings.include_sandbox else settings.institutions
    metrics = Metrics(institutions=labelled)
    engine = Engine(
        sessions_job(names, settings), kafka, Several(metrics.engine, CommittedMetrics(metrics), *observers)
    )
    gauges = EngineGauges(engine)
    metrics.registry.register(gauges)
    admin = await AdminServer(metrics.registry, lambda: unready_reason(engine), host=host, port=port).start()
    try:
        async with running(engine):
            yield SessionsWorker(engine, metrics, gauges, admin)
    finally:
        await admin.stop()


class Several(Observer):
    """Tells several observers."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:
        for observer in self._observers:
            observer.committed(partition, changes, records, seconds)

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:
        for observer in self._observers:
            observer.restored(partition, keys, records, seconds)

    def failed(self, partition: int, reason: BaseException) -> None:
        for observer in self._observers:
            observer.failed(partition, reason)
