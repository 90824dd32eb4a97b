"""Records to Kafka: packed, sent with acks=all, and told to whoever waits once they are there."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from pipeline.collector.accumulator import PendingBatch, RecordAccumulator
from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.problem import Problem
from pipeline.collector.verdict import Records
from pipeline.engine.closing import stop_producer
from pipeline.engine.kafka import MAX_BATCH_BYTES, MAX_REQUEST_BYTES, KafkaSettings

log = logging.getLogger(__name__)

LINGER_S: Final = 0.05
"""A batch is open at least so long. Each costs as much as some twenty records, and nobody notices the wait."""
REQUEST_TIMEOUT_MS: Final = 5_000
"""For one answer of the broker; then aiokafka tries again, under the same sequence number."""
AGAIN_S: Final = 1.0
STOP_S: Final = 5.0
LOOK_S: Final = 0.25
RETRY_AFTER_S: Final = 5


class Writer:
    """Takes records and answers when Kafka has them.

    An idempotent producer sends each batch once, however often it has to try. When it gives one up, nobody knows
    whether the broker has it, and no later batch of its partition would be taken: then it is replaced by a new one, and
    all who wait are told to send again. So a record may be on the topic twice, but not be missing after a yes.
    """

    def __init__(self, kafka: KafkaSettings, topic: str, *, budget: MemoryBudget, acknowledged_s: float) -> None:
        self.topic = topic
        self.acknowledged = 0
        """Records that Kafka has acknowledged."""
        self.failures = 0
        """Producers that were replaced."""
        self._kafka = kafka
        self._budget = budget
        self._acknowledged_s = acknowledged_s
        self._accumulator: RecordAccumulator | None = None
        self._wake = asyncio.Event()
        self._broken = asyncio.Event()
        self._unsettled: set[PendingBatch] = set()
        self._reason: str | None = "not connected to Kafka yet"
        self._stalled = False
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def unready(self) -> str | None:
        """Why records are refused, None if they are not."""
        if self._closing:
            return "stopping"
        if self._accumulator is None:
            return self._reason or "stopping"
        if self._stalled:
            return f"Kafka has acknowledged nothing for {self._acknowledged_s:g} s"
        return "the queue is full" if self._budget.full else None

    @property
    def behind_s(self) -> float:
        """How long the oldest records have been waiting."""
        begun = min((batch.begun for batch in self._unsettled), default=None)
        return 0.0 if begun is None else asyncio.get_running_loop().time() - begun

    def start(self) -> None:
        """Begin to connect."""
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._give_up_on_the_late())]

    async def stop(self) -> None:
        """Send what is waiting, if that is quick, and end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                for batch in list(self._unsettled):
                    await batch.acknowledged
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

    def add(self, records: Records) -> list[PendingBatch]:
        """Batch them, to be sent soon; raises Problem, and then none of them is sent."""
        if not records:
            return []
        accumulator = self._require_accumulator()
        return [batch for key, values in records.items() for batch in accumulator.add(key, values)]

    async def arrived(self, batches: list[PendingBatch]) -> None:
        """Return when Kafka has them on all replicas that are in sync.

        Raises:
            Problem: it has not, or nobody knows: the sender is to send them again.
        """
        for batch in batches:
            if not await batch.acknowledged:
                raise Problem("unavailable", "Kafka has not acknowledged it in time", retry_after_s=RETRY_AFTER_S)

    def _require_accumulator(self) -> RecordAccumulator:
        self.require_ready()
        if self._accumulator is None:  # which `unready` has told already
            raise Problem("unavailable", "not connected to Kafka", retry_after_s=RETRY_AFTER_S)
        return self._accumulator

    def _begun(self, batch: PendingBatch) -> None:
        """There is something to send."""
        self._unsettled.add(batch)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            producer = self._producer()
            try:
                await producer.start()
                self._accumulator = RecordAccumulator(
                    producer, len(await producer.partitions_for(self.topic)), self._budget, self._begun
                )
                self._broken.clear()
                self._reason = None
                self._stalled = False  # what was late was the former producer's
                log.info("connected to Kafka at %s", self._kafka.bootstrap)
                await self._send(producer, self._accumulator)
            except Exception as error:  # noqa: BLE001  # aiokafka also asserts; without this task nothing is ever taken
                self._reason = f"no Kafka at {self._kafka.bootstrap}: {type(error).__name__}"
                log.warning("%s", self._reason)
            finally:
                self._accumulator = None
                self._tell_all_no()
                await stop_producer(producer)
            self.failures += 1
            await asyncio.sleep(AGAIN_S)

    async def _send(self, producer: AIOKafkaProducer, accumulator: RecordAccumulator) -> None:
        """Send batches until one of them fails."""
        while not self._broken.is_set():
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(LINGER_S)
            for batch in accumulator.drain():
                sent = await producer.send_batch(batch.builder, self.topic, partition=batch.partition)
                sent.add_done_callback(lambda done, batch=batch: self._arrived(accumulator, batch, done))
        self._reason = "a batch failed, connecting to Kafka anew"

    def _arrived(self, accumulator: RecordAccumulator, batch: PendingBatch, done: "asyncio.Future[Any]") -> None:
        if accumulator is not self._accumulator:
            return  # of a producer that is gone: all who waited know
        accumulator.arrived(batch)
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or error is not None:
            log.warning("Kafka took a batch of %d records not: %s", batch.records, type(error).__name__)
            self._broken.set()
            self._wake.set()
            self._settle(batch, yes=False)
            return
        self._stalled = False
        self.acknowledged += batch.records
        self._settle(batch, yes=True)
        if accumulator.waiting:
            self._wake.set()

    def _settle(self, batch: PendingBatch, *, yes: bool) -> None:
        """Tell those who wait, and free what the batch takes up."""
        self._unsettled.discard(batch)
        self._budget.give(batch.bytes)
        batch.bytes = 0
        if not batch.acknowledged.done():
            batch.acknowledged.set_result(yes)

    def _tell_all_no(self) -> None:
        for batch in list(self._unsettled):
            self._settle(batch, yes=False)

    async def _give_up_on_the_late(self) -> None:
        """Whoever waits too long is told no; the batch itself goes on, and may still arrive."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            late = loop.time() - self._acknowledged_s
            for batch in self._unsettled:
                if batch.begun <= late and not batch.acknowledged.done():
                    self._stalled = True
                    batch.acknowledged.set_result(False)

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
