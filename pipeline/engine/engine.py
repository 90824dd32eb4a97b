"""The engine: a Faust app whose agent folds one topic, exactly once.

Each input partition that the group assigns to this worker gets a `PartitionTask`. Its life: *activate* (restore from
the changelog, or go on where it was kept over a rebalance), run, *suspend* at a revoke, and either go on or be
dropped. After any exception in a checkpoint or in the fold its memory is dead and it is restored in place.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Coroutine
from itertools import count
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from pipeline.engine.app import make_app
from pipeline.engine.checkpoint import Checkpoint
from pipeline.engine.chunk import Chunk
from pipeline.engine.closing import stop_producer
from pipeline.engine.errors import (
    EngineError,
    MembershipLostError,
    OutputTooLargeError,
    RecordsGoneError,
    RepeatedFailureError,
)
from pipeline.engine.job import Job
from pipeline.engine.kafka import KafkaSettings
from pipeline.engine.observer import Observer
from pipeline.engine.restore import require_same_input, restore
from pipeline.engine.task import SLICE_RECORDS, PartitionTask
from pipeline.engine.transport import ChunkConsumer, ChunkThread

log = logging.getLogger(__name__)

MAX_PENDING = 50_000
"""Results that may wait for a checkpoint; more input waits."""
BACKLOG_RECORDS = 20_000
"""From this lag on checkpoints are fewer: what changes twice between two of them is written once."""
BACKLOG_STRETCH = 8
"""Intervals from one checkpoint to the next then. With 8 a fifth fewer states are written than with 4; results come a
few seconds later, to those who wait for a backlog anyway, and what a crash undoes is read again in as many."""
CHECKPOINT_TIMEOUT_S = 20.0
"""The broker ends a transaction after 15 s, so a longer wait can only end badly."""
SUSPEND_S = 5.0
"""For the last checkpoint before partitions are handed over; half the session timeout."""
CLOSE_S = 2.0
"""The same before a stop, which as a whole takes less than 5 s even if the broker is down."""
FEW_RECORDS = 1_000
GIVE_WAY_S = 1.0
"""One partition whose checkpoint hangs must not stop the others."""
STUCK_LOOKS = 5
FAILURE_WINDOW_S = 60.0
RETRY_S = 0.5


class Engine:
    """Runs a job; start and stop its `app` like any Faust app."""

    checkpoint_type: type[Checkpoint] = Checkpoint

    def __init__(self, job: Job, kafka: KafkaSettings, observer: Observer | None = None) -> None:
        self.job = job
        self.kafka = kafka
        self.observer = observer or Observer()
        self.tasks: dict[TP, PartitionTask] = {}
        self.failure: BaseException | None = None
        """Why the app crashed, if it did."""
        self._rebalancing = True
        self._activated = asyncio.Event()
        self._writing = 0
        """Checkpoints that are being written."""
        self._written = asyncio.Event()
        self._background: set[asyncio.Task[Any]] = set()
        self.app = make_app(job.group, self)
        topic = self.app.topic(
            job.topic,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            acks=False,
        )
        self.app.agent(topic, name=job.agent, supervisor_strategy=CrashingSupervisor)(self._consume)
        self.app.timer(job.checkpoint_s)(self._tick)
        self.app.on_before_shutdown.connect(self._close)

    @property
    def ready(self) -> bool:
        """Whether the group has given partitions, possibly none, and all of them are running."""
        return not self._rebalancing and all(task.running for task in self.tasks.values())

    # What the consumer asks and tells

    def wanted(self) -> Collection[TP]:
        return [task.tp for task in self.tasks.values() if task.running]

    async def wait_wanted(self) -> None:
        self._activated.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._activated.wait(), 0.5)

    async def suspend(self, within_s: float = SUSPEND_S) -> None:
        """All partitions are being revoked: a last checkpoint, and memory is kept in case they come back."""
        self._rebalancing = True
        tasks = list(self.tasks.values())
        for task in tasks:
            task.running = False
            task.epoch += 1
        await asyncio.gather(*(_cancelled(task.activation) for task in tasks))
        writing = [asyncio.create_task(self._checkpoint(task)) for task in tasks if task.fold is not None]
        writing += [task.checkpoint for task in tasks if task.checkpoint is not None]
        if writing:
            _, late = await asyncio.wait(writing, timeout=within_s)
            for hanging in late:
                await _cancelled(hanging)

    def assign(self, assigned: set[TP], generation: int) -> None:
        """These partitions are this worker's under this generation, and no others."""
        if self.app.should_stop:
            return
        self._rebalancing = False
        for tp in self.tasks.keys() - assigned:
            self._stop_producer(self.tasks.pop(tp).discard())
        for tp in assigned:
            task = self.tasks.setdefault(tp, PartitionTask(tp))
            task.generation = generation
            self._start_activation(task)

    # The way of the records

    async def _consume(self, stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            await self._deliver(TP(message.topic, message.partition), message.value)

    async def _deliver(self, tp: TP, chunk: Chunk) -> None:
        task = self.tasks.get(tp)
        if task is None or not task.running:
            return  # read again when the partition runs: activation seeks to the task's position
        if chunk.start > task.position:
            log.warning("%s-%d: records %d to %d are missing, reading again", *tp, task.position, chunk.start)
            await self._read_again(task)
            return
        epoch = task.epoch
        records = chunk.records
        if records and records[0][0] < task.position:
            records = [record for record in records if record[0] >= task.position]
        for start in range(0, len(records), SLICE_RECORDS):
            await self._give_way(len(records))
            if task.epoch != epoch:
                return
            try:
                task.process(records[start : start + SLICE_RECORDS])
            except Exception as exc:
                log.exception("%s-%d: the fold failed at %d", *tp, task.position)
                self._fail(task, exc)
                return
            assert task.fold is not None
            if task.fold.pending > MAX_PENDING:
                await self._checkpoint(task)
        if task.epoch == epoch:
            task.position = max(task.position, chunk.end)

    async def _give_way(self, records: int) -> None:
        """Let others have the event loop, and with many records to come checkpoints first of all.

        Each of the many steps of a checkpoint would wait for a slice otherwise, and on a busy machine its
        transaction would be open for longer than the broker allows. A few records take no time worth waiting.
        """
        await asyncio.sleep(0)
        if self._writing and records > FEW_RECORDS:
            self._written.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._written.wait(), GIVE_WAY_S)

    async def _seek(self, task: PartitionTask) -> None:
        """Let the consumer read on from the task's position."""
        await self._thread.run(_seek(self._thread, task.tp, task.position))

    async def _read_again(self, task: PartitionTask) -> None:
        """What followed on the position did not arrive. If the broker still has it, fetch it again."""
        epoch = task.epoch
        try:
            begin, end = await self._thread.run(_bounds(self._thread, task.tp))
            if task.epoch != epoch:
                return
            if begin <= task.position <= end:
                await self._seek(task)
            else:  # the restore says in which of two ways it is gone
                self._fail(task, RecordsGoneError(f"{task.position} is not within {begin} to {end}"))
        except KafkaError as exc:  # seen again as records that do not come
            log.warning("%s-%d: cannot read again yet: %r", *task.tp, exc)

    # Checkpoints

    async def _tick(self) -> None:
        for task in list(self.tasks.values()):
            if task.running and task.fold is not None:
                self._look(task)
                if (task.checkpoint is None or task.checkpoint.done()) and self._is_due(task):
                    task.checkpoint = asyncio.create_task(self._checkpoint(task))

    def _look(self, task: PartitionTask) -> None:
        """Let the watermark of an idle partition go on, and notice records that got lost between fetch and fold."""
        state = self._thread.fetch_state(task.tp)
        if state is None or task.fold is None:
            return
        task.end = state.end
        if state.position == task.position:
            task.stuck = 0
            # Another answer of the broker than at the last look, and no record since. While the broker is silent
            # there is none, and the watermark stands still: that is not idleness.
            is_news = task.answered_ms not in (None, state.answered_ms)
            task.answered_ms = state.answered_ms
            broker_ms = task.broker_ms
            if is_news and state.position >= state.end and broker_ms is not None:
                try:
                    # The earlier of two clocks: one that jumps ahead would make everything late for good.
                    task.fold.advance(task.fold.clock.idle(min(state.answered_ms, broker_ms)))
                except Exception as exc:
                    log.exception("%s-%d: the fold failed while idle", *task.tp)
                    self._fail(task, exc)
        elif task.records == 0 and not self._writing:  # while a checkpoint is written, records wait on purpose
            task.stuck += 1
            if task.stuck >= STUCK_LOOKS:
                task.stuck = 0
                log.warning("%s-%d: nothing came since %d, reading again", *task.tp, task.position)
                self._spawn(self._read_again(task))

    def _is_due(self, task: PartitionTask) -> bool:
        backlog = task.end - task.position > BACKLOG_RECORDS
        waited_s = time.monotonic() - task.checkpointed_at
        return not backlog or waited_s >= self.job.checkpoint_s * BACKLOG_STRETCH

    async def _checkpoint(self, task: PartitionTask) -> None:
        """Make durable what there is; a failure discards the task's memory and is not raised."""
        lock = task.lock
        async with lock:
            fold = task.fold
            if fold is None or task.producer is None or task.lock is not lock:
                return
            began = time.monotonic()
            try:
                changes, mark, records = task.snapshot()
                is_empty = not changes.states and not any(changes.results.values())
                # An empty one all the same after a restore, for the broker's time.
                is_timed = mark.high_ms is None or task.broker_ms is not None
                if is_empty and is_timed and mark.position == task.committed:
                    return
                source = TopicPartition(*task.tp)
                job = self.job
                checkpoint = self.checkpoint_type(task.producer, source, job.group, job.changelog, changes, mark)
                self._writing += 1
                try:
                    async with asyncio.timeout(CHECKPOINT_TIMEOUT_S):
                        await checkpoint.write()
                finally:
                    self._writing -= 1
                    if not self._writing:
                        self._written.set()
            except BaseException as exc:
                # Memory that was discarded meanwhile has failed already, and what came in its place has not.
                if task.fold is fold:
                    self._fail(task, exc)
                if not isinstance(exc, Exception):
                    raise
                return
            if task.fold is fold:
                task.committed_to(mark, checkpoint.changelog_end, checkpoint.broker_ms)
            self.observer.committed(task.tp.partition, changes, records, time.monotonic() - began)

    # Failures

    def _fail(self, task: PartitionTask, reason: BaseException) -> None:
        """The memory is dead. Restore in place, unless a rebalance is on its way to do it."""
        log.warning("%s-%d: discarding memory since %d: %r", *task.tp, task.committed, reason)
        self._stop_producer(task.discard())
        self.observer.failed(task.tp.partition, reason)
        now = time.monotonic()
        if isinstance(reason, OutputTooLargeError):
            self.crash(reason)
            return
        if not _is_from_outside(reason):
            if task.failed_at is not None and now - task.failed_at < FAILURE_WINDOW_S:
                self.crash(RepeatedFailureError(f"{task.tp.topic}-{task.tp.partition} failed again: {reason!r}"))
                return
            task.failed_at = now
        if not self._rebalancing and not self.app.should_stop:
            self._start_activation(task)

    def crash(self, reason: BaseException) -> None:
        """The worker cannot go on."""
        if self.failure is not None:  # it ends already, and what fails of that is no news
            log.debug("also failed: %r", reason)
            return
        log.error("%s", reason, exc_info=None if isinstance(reason, EngineError) else reason)
        self.failure = reason
        self._spawn(self.app.crash(reason))

    # Activation

    def _start_activation(self, task: PartitionTask) -> None:
        task.activation = asyncio.create_task(self._activate(task, task.activation))

    async def _activate(self, task: PartitionTask, former: "asyncio.Task[None] | None") -> None:
        """Bring the task to run; tries again until it does, a revoke cancels it, or the state is in conflict."""
        await _cancelled(former)
        for attempt in count():
            try:
                if task.fold is None:
                    await self._restore(task)
                now = task.tp.topic, self._thread.partition_count(task.tp.topic)
                require_same_input(self.job.changelog, (task.tp.topic, task.partitions), now)
                await self._seek(task)
            except (MembershipLostError, KafkaError, TimeoutError) as exc:
                if attempt % 20 == 0:
                    log.warning("%s-%d: not restored yet: %r", *task.tp, exc)
                await asyncio.sleep(RETRY_S)
            except Exception as exc:  # noqa: BLE001  whatever else it is, it will not mend itself: end with words
                self.crash(exc)
                return
            else:
                task.epoch += 1
                task.stuck = 0
                task.running = True
                self._activated.set()
                return

    async def _restore(self, task: PartitionTask) -> None:
        began = time.monotonic()
        records = await restore(self.job, self.kafka, self._thread, task)
        self.observer.restored(task.tp.partition, task.open_keys, records, time.monotonic() - began)

    # Odds and ends of the life cycle

    @property
    def _thread(self) -> ChunkThread:
        consumer = self.app.consumer
        assert isinstance(consumer, ChunkConsumer)
        return consumer.thread

    async def _close(self, *_: Any, **__: Any) -> None:
        """A last checkpoint of everything before the worker leaves the group."""
        await self.suspend(CLOSE_S)
        for task in self.tasks.values():
            self._stop_producer(task.discard())
        if self._background:
            await asyncio.wait(self._background, timeout=CLOSE_S)

    def _stop_producer(self, producer: AIOKafkaProducer | None) -> None:
        if producer is not None:
            self._spawn(stop_producer(producer))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        running = asyncio.create_task(work)
        self._background.add(running)
        running.add_done_callback(self._background.discard)


def _is_from_outside(reason: BaseException) -> bool:
    """Whether it may happen often without anything being wrong here: the broker is not reached, or has lost records."""
    # Cancelled: the broker did not answer in the time that a revoke leaves for it.
    kinds = KafkaConnectionError | TimeoutError | asyncio.CancelledError | RecordsGoneError
    return isinstance(reason, kinds) or bool(getattr(reason, "retriable", False))


async def _cancelled(task: "asyncio.Task[Any] | None") -> None:
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task])


async def _seek(thread: ChunkThread, tp: TP, position: int) -> None:
    thread._ensure_consumer().seek(TopicPartition(*tp), position)


async def _bounds(thread: ChunkThread, tp: TP) -> tuple[int, int]:
    """The first offset that the broker has, and the one after the last."""
    consumer, at = thread._ensure_consumer(), TopicPartition(*tp)
    begin, end = await consumer.beginning_offsets([at]), await consumer.end_offsets([at])
    return begin[at], end[at]
