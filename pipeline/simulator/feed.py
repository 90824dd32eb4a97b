"""Made-up events onto a Kafka topic: in real time, or as fast as it goes."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from pipeline.simulator.simulation import Simulation

PRODUCER_SETTINGS: Final[dict[str, Any]] = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "lz4",
    "max_batch_size": 256 * 1024,
    "linger_ms": 0,
}
"""What a producer for `feed` should be made with, beside where the broker is."""

_QUEUED_BATCHES: Final = 2
"""Per partition, beside the one that aiokafka holds and the one on its way."""
_TURN_EVENTS: Final = 256
"""So many events are made before others on the event loop have their turn."""
_LINGER_S: Final = 0.05
"""Real time is cut into steps of this length, so that quiet partitions get batches too."""
_FLUSH_TIMEOUT_S: Final = 4.0
"""Whoever cancels gets what was taken delivered within this time, or not at all."""
_CACHED_KEYS: Final = 200_000


@dataclass(slots=True)
class Fed:
    """What became of the events; read it at any time."""

    taken: int = 0
    """Events taken from the simulation."""
    acknowledged: int = 0
    """Events that the broker has on all replicas."""
    delivered_ms: int = 0
    """The simulation's time of the last event taken."""


async def feed(
    simulation: Simulation,
    producer: AIOKafkaProducer,
    topic: str,
    *,
    real_time: bool = True,
    max_events: int | None = None,
    fed: Fed | None = None,
) -> Fed:
    """Deliver the events of a simulation, each key to its partition and in order.

    In real time, events are delivered when the clock reaches their time of delivery; those whose
    time is past go as fast as possible, so a simulation may begin with a history. Memory is
    bounded by a few batches a partition: a slow broker slows the users.

    Args:
        simulation: whose events to deliver; it is used up.
        producer: started, made with `PRODUCER_SETTINGS`.
        topic: must exist.
        real_time: False delivers without regard to the clock.
        max_events: stop after so many.
        fed: counters to keep, for whoever wants to watch or to cancel.

    Returns:
        The counters, when everything taken was acknowledged.

    Raises:
        KafkaError: when the broker refused a batch for good; `fed` tells what it has.
        asyncio.CancelledError: after what had been taken was delivered, if that took no longer
            than four seconds.

    """
    fed = fed or Fed()
    lanes = _Lanes(producer, topic, len(await producer.partitions_for(topic)), fed)
    try:
        await _pour(simulation, lanes, fed, real_time=real_time, max_events=max_events)
        await lanes.finish()
    except asyncio.CancelledError:
        with suppress(Exception):  # who cancels wants an end, and sees in `fed` what is missing
            async with asyncio.timeout(_FLUSH_TIMEOUT_S):
                await lanes.finish()
        raise
    finally:
        lanes.close()
    return fed


async def _pour(simulation: Simulation, lanes: "_Lanes", fed: Fed, *, real_time: bool, max_events: int | None) -> None:
    now_ms = time.time_ns() // 1_000_000
    for at_ms, key, value in simulation.events():
        if real_time and at_ms > now_ms:
            now_ms = await _wait_until(at_ms, lanes)
        elif fed.taken % _TURN_EVENTS == 0:
            await asyncio.sleep(0)
            now_ms = time.time_ns() // 1_000_000
        await lanes.add(key, value, now_ms)
        fed.taken += 1
        fed.delivered_ms = at_ms
        if fed.taken == max_events:
            return


async def _wait_until(at_ms: int, lanes: "_Lanes") -> int:
    """Wait for the clock; return what it shows."""
    now_ms = time.time_ns() // 1_000_000
    if at_ms > now_ms:
        await lanes.ship_all()
        while at_ms > now_ms:
            await asyncio.sleep(max(_LINGER_S, (at_ms - now_ms) / 1_000))
            lanes.check()
            now_ms = time.time_ns() // 1_000_000
    return now_ms


class _Lanes:
    """One lane of batches to each partition."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int, fed: Fed) -> None:
        self._producer = producer
        self._partition_of: dict[bytes, int] = {}
        self._lanes = [_Lane(producer, topic, number, fed) for number in range(partitions)]

    async def add(self, key: bytes, value: bytes, now_ms: int) -> None:
        """Put an event into its partition's batch; waits while that partition is behind."""
        partition = self._partition_of.get(key)
        if partition is None:
            if len(self._partition_of) >= _CACHED_KEYS:
                self._partition_of.clear()
            # As Kafka's own clients do for records with a key.
            partition = (murmur2(key) & 0x7FFFFFFF) % len(self._lanes)
            self._partition_of[key] = partition
        lane = self._lanes[partition]
        while lane.batch.append(timestamp=now_ms, key=key, value=value) is None:
            await lane.ship()
            lane.check()

    async def ship_all(self) -> None:
        """Send the batches as they are."""
        for lane in self._lanes:
            await lane.ship()

    async def finish(self) -> None:
        """Send all and wait until it is acknowledged; raise what went wrong."""
        await self.ship_all()
        for lane in self._lanes:
            await lane.finish()

    def check(self) -> None:
        """Raise what went wrong, if anything has."""
        for lane in self._lanes:
            lane.check()

    def close(self) -> None:
        """End the tasks."""
        for lane in self._lanes:
            lane.task.cancel()


@dataclass(slots=True)
class _Lane:
    producer: AIOKafkaProducer
    topic: str
    partition: int
    fed: Fed
    batch: Any = field(init=False)
    queue: asyncio.Queue[Any] = field(init=False)
    task: asyncio.Task[None] = field(init=False)
    _sent: set[asyncio.Future[Any]] = field(default_factory=set)
    _error: BaseException | None = None

    def __post_init__(self) -> None:
        self.batch = self.producer.create_batch()
        self.queue = asyncio.Queue(_QUEUED_BATCHES)
        self.task = asyncio.create_task(self._send(), name=f"feed-{self.topic}-{self.partition}")

    async def ship(self) -> None:
        """Close the batch and queue it."""
        if self.batch.record_count():
            self.batch.close()
            await self.queue.put(self.batch)
            # Only now: whoever is cancelled while waiting still has the batch to deliver.
            self.batch = self.producer.create_batch()

    async def finish(self) -> None:
        """Wait until all that was shipped is acknowledged."""
        await self.queue.join()
        self.check()

    def check(self) -> None:
        """Raise what went wrong, if anything has."""
        if self._error is not None:
            raise self._error

    async def _send(self) -> None:
        while True:
            batch = await self.queue.get()
            count = batch.record_count()
            try:
                if self._error is None:
                    acknowledged = await self.producer.send_batch(batch, self.topic, partition=self.partition)
                    await acknowledged
                    self.fed.acknowledged += count
            except Exception as error:  # noqa: BLE001 - told by `check`, where somebody can act
                self._error = error
            finally:
                self.queue.task_done()
