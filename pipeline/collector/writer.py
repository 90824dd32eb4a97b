"""Records to Kafka: packed, sent with acks=all, and told to whoever waits once they are there."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from pipeline.collector.lanes import Lanes, Pack
from pipeline.collector.problem import Problem
from pipeline.collector.room import Room
from pipeline.collector.verdict import Records
from pipeline.engine.closing import stop_producer
from pipeline.engine.kafka import MAX_BATCH_BYTES, MAX_REQUEST_BYTES, KafkaSettings

log = logging.getLogger(__name__)

LINGER_S: Final = 0.05
"""A pack is open at least so long. Each costs as much as some twenty records, and nobody notices the wait."""
REQUEST_TIMEOUT_MS: Final = 5_000
"""For one answer of the broker; then aiokafka tries again, under the same sequence number."""
AGAIN_S: Final = 1.0
STOP_S: Final = 5.0
LOOK_S: Final = 0.25
RETRY_AFTER_S: Final = 5


class Writer:
    """Takes records and answers when Kafka has them.

    An idempotent producer sends each pack once, however often it has to try. When it gives one up, nobody knows
    whether the broker has it, and no later pack of its partition would be taken: then it is replaced by a new one, and
    all who wait are told to send again. So a record may be on the topic twice, but not be missing after a yes.
    """

    def __init__(self, kafka: KafkaSettings, topic: str, *, room: Room, acknowledged_s: float) -> None:
        self.topic = topic
        self.acknowledged = 0
        """Records that Kafka has acknowledged."""
        self.failures = 0
        """Producers that were replaced."""
        self._kafka = kafka
        self._room = room
        self._acknowledged_s = acknowledged_s
        self._lanes: Lanes | None = None
        self._wake = asyncio.Event()
        self._broken = asyncio.Event()
        self._unsettled: set[Pack] = set()
        self._reason: str | None = "not connected to Kafka yet"
        self._stalled = False
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def unready(self) -> str | None:
        """Why records are refused, None if they are not."""
        if self._closing:
            return "stopping"
        if self._lanes is None:
            return self._reason or "stopping"
        if self._stalled:
            return f"Kafka has acknowledged nothing for {self._acknowledged_s:g} s"
        return "the queue is full" if self._room.full else None

    @property
    def behind_s(self) -> float:
        """How long the oldest records have been waiting."""
        begun = min((pack.begun for pack in self._unsettled), default=None)
        return 0.0 if begun is None else asyncio.get_running_loop().time() - begun

    def start(self) -> None:
        """Begin to connect."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._give_up_on_the_late())]

    async def stop(self) -> None:
        """Send what is waiting, if that is quick, and end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                for pack in list(self._unsettled):
                    await pack.acknowledged
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def require_ready(self) -> None:
        """Refuse a request before its body is read; raises Problem."""
        if (reason := self.unready) is not None:
            raise Problem("unavailable", reason, retry_after_s=RETRY_AFTER_S)

    async def write(self, records: Records) -> None:
        """Return when Kafka has all of them; raises as `add` and `arrived` do."""
        await self.arrived(self.add(records))

    def add(self, records: Records) -> list[Pack]:
        """Pack them, to be sent soon; raises Problem, and then none of them is sent."""
        if not records:
            return []
        lanes = self._require_lanes()
        return [pack for key, values in records.items() for pack in lanes.add(key, values)]

    async def arrived(self, packs: list[Pack]) -> None:
        """Return when Kafka has them on all replicas that are in sync.

        Raises:
            Problem: it has not, or nobody knows: the sender is to send them again.
        """
        for pack in packs:
            if not await pack.acknowledged:
                raise Problem("unavailable", "Kafka has not acknowledged it in time", retry_after_s=RETRY_AFTER_S)

    def _require_lanes(self) -> Lanes:
        self.require_ready()
        if self._lanes is None:  # which `unready` has told already
            raise Problem("unavailable", "not connected to Kafka", retry_after_s=RETRY_AFTER_S)
        return self._lanes

    def _begun(self, pack: Pack) -> None:
        """There is something to send."""
        self._unsettled.add(pack)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            producer = self._producer()
            try:
                await producer.start()
                self._lanes = Lanes(producer, len(await producer.partitions_for(self.topic)), self._room, self._begun)
                self._broken.clear()
                self._reason = None
                self._stalled = False  # what was late was the former producer's
                log.info("connected to Kafka at %s", self._kafka.bootstrap)
                await self._send(producer, self._lanes)
            except Exception as error:  # noqa: BLE001  # aiokafka also asserts; without this task nothing is ever taken
                self._reason = f"no Kafka at {self._kafka.bootstrap}: {type(error).__name__}"
                log.warning("%s", self._reason)
            finally:
                self._lanes = None
                self._tell_all_no()
                await stop_producer(producer)
            self.failures += 1
            await asyncio.sleep(AGAIN_S)

    async def _send(self, producer: AIOKafkaProducer, lanes: Lanes) -> None:
        """Send packs until one of them fails."""
        while not self._broken.is_set():
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(LINGER_S)
            for pack in lanes.leaving():
                sent = await producer.send_batch(pack.batch, self.topic, partition=pack.partition)
                sent.add_done_callback(lambda done, pack=pack: self._arrived(lanes, pack, done))
        self._reason = "a batch failed, connecting to Kafka anew"

    def _arrived(self, lanes: Lanes, pack: Pack, done: "asyncio.Future[Any]") -> None:
        if lanes is not self._lanes:
            return  # of a producer that is gone: all who waited know
        lanes.arrived(pack)
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or error is not None:
            log.warning("Kafka took a batch of %d records not: %s", pack.records, type(error).__name__)
            self._broken.set()
            self._wake.set()
            self._settle(pack, yes=False)
            return
        self._stalled = False
        self.acknowledged += pack.records
        self._settle(pack, yes=True)
        if lanes.waiting:
            self._wake.set()

    def _settle(self, pack: Pack, *, yes: bool) -> None:
        """Tell those who wait, and free what the pack takes up."""
        self._unsettled.discard(pack)
        self._room.give(pack.bytes)
        pack.bytes = 0
        if not pack.acknowledged.done():
            pack.acknowledged.set_result(yes)

    def _tell_all_no(self) -> None:
        for pack in list(self._unsettled):
            self._settle(pack, yes=False)

    async def _give_up_on_the_late(self) -> None:
        """Whoever waits too long is told no; the pack itself goes on, and may still arrive."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            late = loop.time() - self._acknowledged_s
            for pack in self._unsettled:
                if pack.begun <= late and not pack.acknowledged.done():
                    self._stalled = True
                    pack.acknowledged.set_result(False)

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._kafka.client(),
            acks="all",
            enable_idempotence=True,
            compression_type="snappy",
            linger_ms=0,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
