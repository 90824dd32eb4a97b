"""Reading topics as they grow: first back to a time, then what comes."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from pipeline.engine.fetched import take_chunks
from pipeline.engine.kafka import KafkaSettings

log = logging.getLogger(__name__)

RECORDS_PER_READ: Final = 2_000
"""A few milliseconds' work, so that pages are served meanwhile."""
WAIT_S: Final = 0.5
LOOK_S: Final = 5.0
"""How often topics that are missing are looked for."""
RETRY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Followed:
    """A topic, how far back it is read, and who takes its values."""

    topic: str
    back_ms: int
    take: Callable[[bytes], None]


class Follower:
    """Reads what is committed, without a group. A missing topic is waited for, and so is the broker."""

    def __init__(self, kafka: KafkaSettings, topics: Iterable[Followed]) -> None:
        """Read nothing yet; see `run`."""
        self.missing: set[str] = set()
        self.newest_ms: dict[str, int] = {}
        """Append time of each topic's newest record."""
        self._kafka = kafka
        self._topics = {each.topic: each for each in topics}
        self._positions: dict[TopicPartition, int] = {}
        self._first_ends: dict[TopicPartition, int] = {}
        self._began = False
        self._failing = False

    @property
    def left(self) -> int | None:
        """Records of the history that are still to be read; None before the first look."""
        if not self._began:
            return None
        return sum(max(0, end - self._positions.get(tp, 0)) for tp, end in self._first_ends.items())

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                async with clients(self._kafka) as (consumer, admin):
                    await self._follow(consumer, admin)
            except (KafkaError, OSError) as error:
                if not self._failing:
                    log.warning("the topics can not be read, trying again: %s", type(error).__name__)
                self._failing = True
            except asyncio.CancelledError:
                raise_if_asked()
            await asyncio.sleep(RETRY_S)

    async def _follow(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> None:
        looked_at = -LOOK_S
        assigned: set[TopicPartition] = set()
        while True:
            if time.monotonic() - looked_at >= LOOK_S:
                found = await self._look(consumer, admin)
                looked_at = time.monotonic()
                if found - assigned:
                    assigned |= found
                    consumer.assign(sorted(assigned))
                    for tp in assigned:
                        consumer.seek(tp, self._positions[tp])
            if not assigned:
                await asyncio.sleep(WAIT_S)
                continue
            for tp, chunk in (await take_chunks(consumer, list(assigned), RECORDS_PER_READ, WAIT_S)).items():
                take = self._topics[tp.topic].take
                for _, append_ms, _, value in chunk.records:
                    if value is not None:
                        take(value)
                        self.newest_ms[tp.topic] = append_ms
                self._positions[tp] = chunk.end
                await asyncio.sleep(0)

    async def _look(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient) -> set[TopicPartition]:
        """The partitions that there are; new ones get a position."""
        # Only the existing ones are described: to ask for a missing topic may create it.
        existing = sorted(set(await admin.list_topics()) & set(self._topics))
        self.missing = set(self._topics) - set(existing)
        partitions = [
            TopicPartition(topic["topic"], number)
            for topic in (await admin.describe_topics(existing) if existing else ())
            for number in range(len(topic["partitions"]))
        ]
        await self._begin(consumer, [tp for tp in partitions if tp not in self._positions])
        self._began = True
        self._failing = False
        return set(partitions)

    async def _begin(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        if not partitions:
            return
        now_ms = time.time_ns() // 1_000_000
        ends = await consumer.end_offsets(list(partitions))
        times = {tp: now_ms - self._topics[tp.topic].back_ms for tp in partitions}
        found = await consumer.offsets_for_times(times)
        for tp in partitions:
            self._positions[tp] = found[tp].offset if found.get(tp) is not None else ends[tp]
            self._first_ends[tp] = ends[tp]


def raise_if_asked() -> None:
    """Raise CancelledError again if this task is to end.

    Otherwise it came from aiokafka, which cancels whatever waits for a connection that is lost.
    """
    task = asyncio.current_task()
    if task is None or task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def clients(kafka: KafkaSettings) -> AsyncIterator[tuple[AIOKafkaConsumer, AIOKafkaAdminClient]]:
    """A reader and an admin client, both started, as long as the context lasts."""
    consumer, admin = kafka.reader(), kafka.admin()
    try:
        await consumer.start()
        await admin.start()
        yield consumer, admin
    finally:
        await consumer.stop()
        await admin.close()
