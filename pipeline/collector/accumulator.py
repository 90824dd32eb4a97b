"""Records of many requests packed into one batch a partition, with one future for all who wait for it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.murmur2 import murmur2

_KEYS: Final = 100_000
"""Whose partition is remembered: a visit sends several requests, and the hash is plain Python."""


@lru_cache(_KEYS)
def _hash(key: bytes) -> int:
    """As Kafka's own clients do for records with a key: murmur2 without its sign."""
    return murmur2(key) & 0x7FFFFFFF


class PendingBatch:
    """A batch that is being filled or on its way, and whoever waits for it."""

    __slots__ = ("acknowledged", "begun", "builder", "bytes", "partition")

    def __init__(self, partition: int, builder: Any, acknowledged: "asyncio.Future[bool]", begun: float) -> None:
        self.partition = partition
        self.builder = builder
        self.acknowledged = acknowledged
        """Whether Kafka has it; False: no, or nobody knows."""
        self.begun = begun
        self.bytes = 0

    @property
    def records(self) -> int:
        return int(self.builder.record_count())


class RecordAccumulator:
    """The batches of one producer: a partition has one that is filled, and at most one that is on its way."""

    def __init__(
        self, producer: AIOKafkaProducer, partitions: int, budget: MemoryBudget, begun: Callable[[PendingBatch], None]
    ) -> None:
        """`begun` hears of each new batch; whoever settles it gives back what it took of `budget`."""
        self._new_builder: Callable[[], Any] = producer.create_batch
        self._budget = budget
        self._begun = begun
        self._loop = asyncio.get_running_loop()
        self._partitions = partitions
        self._filling: dict[int, PendingBatch] = {}
        self._full: list[PendingBatch] = []
        self._on_way: set[int] = set()

    def add(self, key: bytes, values: Iterable[bytes]) -> list[PendingBatch]:
        """Put records of one key into their partition's batch, and a next one if it is full."""
        partition = _hash(key) % self._partitions
        batch = self._filling.get(partition) or self._begin(partition)
        batches = [batch]
        append = batch.builder.append
        for value in values:
            if append(timestamp=None, key=key, value=value) is None:
                self._full.append(batch)
                batch = self._begin(partition)
                batches.append(batch)
                append = batch.builder.append
                append(timestamp=None, key=key, value=value)
            size = len(value)
            batch.bytes += size
            self._budget.taken += size
        return batches

    def drain(self) -> Iterator[PendingBatch]:
        """The batches that may leave now, which they then have."""
        full, self._full = self._full, []
        for batch in full:
            if batch.partition in self._on_way:
                self._full.append(batch)
            else:
                self._on_way.add(batch.partition)
                yield batch
        for partition in self._filling.keys() - self._on_way:
            self._on_way.add(partition)
            yield self._filling.pop(partition)

    def arrived(self, batch: PendingBatch) -> None:
        """The next one of its partition may leave."""
        self._on_way.discard(batch.partition)

    @property
    def waiting(self) -> bool:
        """Whether any batch has not left yet."""
        return bool(self._filling or self._full)

    def _begin(self, partition: int) -> PendingBatch:
        batch = self._filling[partition] = PendingBatch(
            partition, self._new_builder(), self._loop.create_future(), self._loop.time()
        )
        self._begun(batch)
        return batch
