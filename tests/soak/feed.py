"""Made-up events, badly delivered and mixed with what is none, onto the topic at an uneven rate."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from pipeline.simulator import HOSTILE, START_MS, Simulation
from pipeline.simulator.timing import stamp
from tests.soak.spoil import spoil

TICK_S: Final = 0.05
TEMPI: Final = (0.0, 0.3, 1.0, 1.0, 1.0, 2.0)
"""Of the rate; in between nothing comes at all, so that partitions are idle and their watermarks go on."""
SPOILED_SHARE: Final = 0.01
USERS_PER_MINUTE: Final = 100
"""Few enough that hours of event time pass, and windows come and go, in minutes of the clock."""
END_MS: Final = 6 * 60 * 60 * 1000
"""Beyond every window that is open."""


@dataclass
class Feed:
    """The seed decides what comes in which order; when, and so the append times, the machine decides."""

    bootstrap: str
    topic: str
    partitions: int
    seed: int
    rate: float
    sent: int = 0
    spoiled: int = 0
    delivered_ms: int = START_MS
    _stopping: bool = False
    _waiting: set[asyncio.Future[Any]] = field(default_factory=set)

    async def run(self) -> None:
        """Feed until `stop`, then close every window with events of a far future.

        Raises:
            KafkaError: the broker refused an event for good.
        """
        # The time-out is that of a batch too, which has to outlast a broker that is being restarted.
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=10,
            request_timeout_ms=120_000,
        )
        await producer.start()
        try:
            await self._pour(producer)
            # One after the other: the second ends the session of the first.
            for after in (1, 2):
                for key, value in self._last_events(self.delivered_ms + after * END_MS):
                    await self._send(producer, key, value)
                await self._acknowledged()
        finally:
            await producer.stop()

    def stop(self) -> None:
        self._stopping = True

    async def _pour(self, producer: AIOKafkaProducer) -> None:
        rng = Random(self.seed)
        events = Simulation(self.seed, USERS_PER_MINUTE, START_MS, delivery=HOSTILE, keep_truth=False).events()
        tempo = 1.0
        owed = 0.0
        for tick in count():
            if self._stopping:
                return
            if tick % 60 == 0:
                tempo = rng.choice(TEMPI)
            owed += self.rate * tempo * TICK_S
            while owed >= 1:
                owed -= 1
                self.delivered_ms, key, value = next(events)
                await self._send(producer, key, value)
                if rng.random() < SPOILED_SHARE:
                    self.spoiled += 1
                    await self._send(producer, key, spoil(rng, value))
            await asyncio.sleep(TICK_S)
            if len(self._waiting) > 20_000:
                await self._acknowledged()

    async def _send(self, producer: AIOKafkaProducer, key: bytes, value: bytes | None) -> None:
        acknowledged = await producer.send(self.topic, key=key, value=value)
        self._waiting.add(acknowledged)
        acknowledged.add_done_callback(self._done)
        self.sent += 1

    def _done(self, acknowledged: "asyncio.Future[Any]") -> None:
        if not acknowledged.cancelled() and acknowledged.exception() is None:
            self._waiting.discard(acknowledged)  # what failed stays, to be raised

    async def _acknowledged(self) -> None:
        if self._waiting:
            await asyncio.gather(*self._waiting)

    def _last_events(self, time_ms: int) -> Iterator[tuple[bytes, bytes]]:
        """A step of a visit of its own for each partition."""
        everywhere = list(range(self.partitions))
        place: Callable[[bytes, list[int], list[int]], int] = DefaultPartitioner()
        left = set(everywhere)
        for number in count():
            key = f"end-{time_ms}-{number}"
            partition = place(key.encode(), everywhere, everywhere)
            if partition in left:
                left.remove(partition)
                yield key.encode(), _step(key, time_ms)
            if not left:
                return


def _step(key: str, time_ms: int) -> bytes:
    return orjson.dumps(
        {
            "v": 1,
            "id": f"{key}-1",
            "source": "browser",
            "kind": "step",
            "name": "APP_MOUNTED",
            "at": stamp(time_ms),
            "received_at": stamp(time_ms),
            "connect_session_id": key,
        }
    )
