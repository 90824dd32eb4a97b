"""How the pipeline itself is: what a look at the broker tells, and how far event time has come."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from pipeline.dashboard.model import LATE_MS, Model
from pipeline.engine.follow import Follower, clients, raise_if_asked
from pipeline.engine.kafka import KafkaSettings

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
ANSWER_S: Final = 10.0
PROBLEM: Final = "Kafka does not answer: what is shown is not up to date"
_LAG: Final = 50_000
"""Records: some ten seconds of a busy hour."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of what is looked at."""

    events: str
    rejected: str
    group: str
    """The consumer group of the sessions agent."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the broker told."""

    at_s: float
    events: int
    rejected: int
    lag: int | None
    """Records that the sessions agent has not come to; None if it has never committed."""


class Health:
    """Looks every few seconds."""

    def __init__(self, kafka: KafkaSettings, topics: Topics) -> None:
        """Know nothing yet; see `run`."""
        self._kafka = kafka
        self._topics = topics
        self._looks: list[Look] = []
        self.problem: str | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                async with clients(self._kafka) as (consumer, admin):
                    while True:
                        async with asyncio.timeout(ANSWER_S):
                            look = await self._look(consumer, admin)
                        self._looks = [*self._looks, look][-2:]
                        if self.problem:
                            log.info("the broker answers again")
                        self.problem = None
                        await asyncio.sleep(LOOK_S)
            except (KafkaError, OSError) as error:  # TimeoutError is one
                if not self.problem:
                    log.warning("the broker can not be asked, trying again: %s", type(error).__name__)
                self.problem = PROBLEM
            except asyncio.CancelledError:
                raise_if_asked()
                self.problem = PROBLEM
            await asyncio.sleep(1)

    async def _look(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> Look:
        names = sorted({self._topics.events, self._topics.rejected} & set(await admin.list_topics()))
        partitions = [
            TopicPartition(topic["topic"], number)
            for topic in (await admin.describe_topics(names) if names else ())
            for number in range(len(topic["partitions"]))
        ]
        ends = dict(await consumer.end_offsets(partitions)) if partitions else {}
        try:
            committed = await admin.list_consumer_group_offsets(self._topics.group)
        except GroupCoordinatorNotAvailableError:  # a new broker has none before the first group
            committed = {}
        return Look(
            time.monotonic(),
            sum(end for tp, end in ends.items() if tp.topic == self._topics.events),
            sum(end for tp, end in ends.items() if tp.topic == self._topics.rejected),
            _lag(ends, {tp: found.offset for tp, found in committed.items()}, self._topics.events),
        )

    def told(self, model: Model, follower: Follower, now_ms: int) -> dict[str, Any]:
        """The section of the page."""
        left = follower.left
        return {
            "problem": self.problem,
            "history_left": left,
            "missing": sorted(follower.missing),
            "rows": [*self._rates(), *_watermarks(model, now_ms), *_own(model)],
        }

    def _rates(self) -> list[dict[str, Any]]:
        if not self._looks:
            return []
        last = self._looks[-1]
        rows = []
        if last.lag is not None:
            late = last.lag > _LAG
            rows.append(
                _row("Events not yet worked on", f"{last.lag:,}", late=late, note="too many: is a worker running?")
            )
        if len(self._looks) > 1:
            before = self._looks[0]
            span_s = last.at_s - before.at_s
            events, rejected = last.events - before.events, last.rejected - before.rejected
            rows.insert(0, _row("Events a second", f"{max(0, events) / span_s:,.0f}"))
            many = rejected > 0 and rejected * 20 > events
            told = f"{max(0, rejected) * 60 / span_s:,.0f}"
            rows.append(_row("Events rejected a minute", told, late=many, note="more than 5 %: a producer is broken"))
        return rows


def _lag(ends: Mapping[TopicPartition, int], committed: Mapping[TopicPartition, int], topic: str) -> int | None:
    if not committed:
        return None
    return sum(max(0, end - committed.get(tp, 0)) for tp, end in ends.items() if tp.topic == topic)


def _watermarks(model: Model, now_ms: int) -> Sequence[dict[str, Any]]:
    if not model.watermarks:
        return []
    partition = min(model.watermarks, key=lambda each: model.watermarks[each])
    behind_ms = model.behind_ms(now_ms)
    note = f"partition {partition}: a worker is down or behind"
    seconds = f"{behind_ms / 1000:,.0f} s"
    return [_row("Slowest event time behind the clock", seconds, late=behind_ms > LATE_MS, note=note)]


def _own(model: Model) -> list[dict[str, Any]]:
    rows = []
    if model.unreadable:
        rows.append(_row("Records this page could not read", f"{model.unreadable:,}", late=True, note="see the log"))
    if model.passed_over:
        rows.append(_row("Late revisions not counted here", f"{model.passed_over:,}"))
    return rows


def _row(name: str, value: str, *, late: bool = False, note: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "ok": not late, "note": note if late else ""}
