"""Records of many requests packed into one batch a partition, with one future for all who wait for it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from pipeline.collector.murmur2 import murmur2
from pipeline.collector.room import Room

_KEYS: Final = 100_000
"""Whose partition is remembered: a visit sends several requests, and the hash is plain Python."""


@lru_cache(_KEYS)
def _hash(key: bytes) -> int:
    """As Kafka's own clients do for records with a key: murmur2 without its sign."""
    return murmur2(key) & 0x7FFFFFFF


class Pack:
    """A batch that is being filled or on its way, and whoever waits for it."""

    __slots__ = ("acknowledged", "batch", "begun", "bytes", "partition")

    def __init__(self, partition: int, batch: Any, acknowledged: "asyncio.Future[bool]", begun: float) -> None:
        self.partition = partition
        self.batch = batch
        self.acknowledged = acknowledged
        """Whether Kafka has it; False: no, or nobody knows."""
        self.begun = begun
        self.bytes = 0

    @property
    def records(self) -> int:
        return int(self.batch.record_count())


class Lanes:
    """The packs of one producer: a partition has one that is filled, and at most one that is on its way."""

    def __init__(self, producer: AIOKafkaProducer, partitions: int, room: Room, begun: Callable[[Pack], None]) -> None:
        """Records take `room`, which is given back by whoever settles their pack; `begun` hears of each new pack."""
        self._new_batch: Callable[[], Any] = producer.create_batch
        self._room = room
        self._begun = begun
        self._loop = asyncio.get_running_loop()
        self._partitions = partitions
        self._filling: dict[int, Pack] = {}
        self._full: list[Pack] = []
        self._on_way: set[int] = set()

    def add(self, key: bytes, values: Iterable[bytes]) -> list[Pack]:
        """Put records of one key into their partition's pack, and a next one if it is full."""
        partition = _hash(key) % self._partitions
        pack = self._filling.get(partition) or self._begin(partition)
        packs = [pack]
        append = pack.batch.append
        for value in values:
            if append(timestamp=None, key=key, value=value) is None:
                self._full.append(pack)
                pack = self._begin(partition)
                packs.append(pack)
                append = pack.batch.append
                append(timestamp=None, key=key, value=value)
            size = len(value)
            pack.bytes += size
            self._room.taken += size
        return packs

    def leaving(self) -> Iterator[Pack]:
        """The packs that may leave now, which they then have."""
        full, self._full = self._full, []
        for pack in full:
            if pack.partition in self._on_way:
                self._full.append(pack)
            else:
                self._on_way.add(pack.partition)
                yield pack
        for partition in self._filling.keys() - self._on_way:
            self._on_way.add(partition)
            yield self._filling.pop(partition)

    def arrived(self, pack: Pack) -> None:
        """The next one of its partition may leave."""
        self._on_way.discard(pack.partition)

    @property
    def waiting(self) -> bool:
        """Whether any pack has not left yet."""
        return bool(self._filling or self._full)

    def _begin(self, partition: int) -> Pack:
        pack = self._filling[partition] = Pack(
            partition, self._new_batch(), self._loop.create_future(), self._loop.time()
        )
        self._begun(pack)
        return pack
