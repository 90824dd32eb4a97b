"""An alerts agent with its notifiers, inside an event loop: what `alerts` and `up` have in common."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry

from pipeline.alerts.alert import Alert
from pipeline.alerts.fold import AlertsFold, Noted
from pipeline.alerts.notify.alertmanager import Alertmanager, Told
from pipeline.alerts.notify.courier import Courier, Delivery
from pipeline.alerts.notify.receiver import Receiver
from pipeline.alerts.settings import AlertSettings
from pipeline.cli.alerts_job import alerts_job
from pipeline.cli.running import running
from pipeline.cli.sessions_worker import Several
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Changes, Engine, KafkaSettings, Observer
from pipeline.engine.task import PartitionTask
from pipeline.metrics.alerts import AlertGauges, AlertMetrics

OLD: Final = timedelta(hours=1)
"""Nobody wants to be woken, or told at all, by what began and ended so long before it was found out."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """What is watched, and who is told."""

    settings: AlertSettings = field(default_factory=lambda: AlertSettings(watch_silence=True))
    receivers: Sequence[Receiver] = ()
    """Each revision of an incident goes to each of them."""
    alertmanagers: Sequence[str] = ()
    """URLs."""


class Teller(Observer):
    """Tells what is committed, and nothing before.

    An agent that was away for long, or reads the counts of a month for the first time, finds incidents of the past.
    They are on the topic; others are told of what still goes on when it has caught up.
    """

    def __init__(self, alerting: Alerting, metrics: AlertMetrics) -> None:
        self._metrics = metrics
        self._fold: AlertsFold | None = None
        self._told: list[Told] = []
        self._was_current = False
        self.engine: Engine | None = None
        self.courier = Courier(alerting.receivers, self._settled, metrics.tried, lambda: self._is_current)
        self.alertmanager = Alertmanager(alerting.alertmanagers, lambda: self.told, metrics.tried, self._now)

    @property
    def told(self) -> list[Told]:
        """Empty while that is not how things are now."""
        return self._told if self._is_current else []

    def firing(self) -> list[Alert]:
        """The incidents that go on."""
        return [one.alert for one in self.told if one.ended_at is None]

    def heartbeat_ms(self) -> int | None:
        return None if self._fold is None else self._fold.heartbeat_ms

    def made(self, fold: AlertsFold) -> None:
        """A new memory; what it knows is told once it is restored."""
        self._fold = fold

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:  # noqa: ARG002
        if self._fold is not None:
            self._told = self._fold.told
            self.courier.restart(self._fold.outbox.deliveries())
            self.alertmanager.tell()

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:  # noqa: ARG002
        noted = changes.tally
        if isinstance(noted, Noted):
            self._metrics.late.inc(noted.late)
            self._metrics.unread.inc(noted.unread)
            self._told = noted.told
            self.courier.take(noted.deliveries)
            for alert in noted.alerts:
                if alert.state == "resolved" and self._now() - datetime.fromisoformat(alert.updated_at) > OLD:
                    self.courier.leave_out(alert.id)
            if noted.alerts or not self._was_current:
                self.alertmanager.tell()
            self._was_current = self._is_current

    @property
    def _task(self) -> PartitionTask | None:
        """The one partition, while it is ours."""
        tasks = () if self.engine is None else self.engine.tasks.values()
        return next((task for task in tasks if task.running), None)

    @property
    def _is_current(self) -> bool:
        """Whether it is for this process to tell how things are, and what it knows is not of the past."""
        task, fold = self._task, self._fold
        if task is None or fold is None:
            return False
        behind = self._now() - datetime.fromtimestamp(max(0, fold.clock.watermark_ms) / 1000, UTC)
        return behind < OLD or 0 < task.end <= task.position  # when nobody counts, the past is all there is

    def _now(self) -> datetime:
        """By the broker's clock, once it is known: if this machine's is wrong, incidents end at the right time."""
        task = self._task
        if task is None or task.broker_ms is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(task.broker_ms / 1000, UTC)

    def _settled(self, delivery: Delivery) -> None:
        if self._fold is not None:
            self._fold.settled(delivery)


@asynccontextmanager
async def alerts_worker(
    kafka: KafkaSettings,
    names: TopicNames,
    alerting: Alerting,
    registry: CollectorRegistry,
    observers: Sequence[Observer] = (),
) -> AsyncIterator[Engine]:
    """Run it as long as the context lasts; its topics must exist.

    Raises:
        KafkaError: the broker went away while the engine was starting.
    """
    metrics = AlertMetrics(registry)
    teller = Teller(alerting, metrics)
    registry.register(AlertGauges(teller.firing, teller.heartbeat_ms))
    job = alerts_job(names, alerting.settings, [receiver.name for receiver in alerting.receivers], teller.made)
    engine = teller.engine = Engine(job, kafka, Several(teller, *observers))
    telling = [asyncio.create_task(teller.courier.run()), asyncio.create_task(teller.alertmanager.run())]
    try:
        async with running(engine):
            yield engine
    finally:
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)
