"""Faust's Kafka transport, made to deliver chunks.

Faust makes two asyncio tasks of each message on its way from the consumer to the agent. Here one Faust message
carries all that a fetch brought for a partition. Commits, positions and seeks are the engine's and not Faust's.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import ConsumerStoppedError, UnknownTopicOrPartitionError
from aiokafka.protocol.group import HeartbeatRequest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode import Service

from pipeline.engine.chunk import Chunk
from pipeline.engine.closing import stop_consumer
from pipeline.engine.errors import GroupLostError
from pipeline.engine.fetched import take_chunks
from pipeline.engine.kafka import KafkaSettings

T = TypeVar("T")

FETCH_MIN_BYTES = 64 << 10
FETCH_WAIT_MS = 200
"""At low rates the broker gathers for this long, so that a chunk is worth its overhead."""
CHUNK_RECORDS = 5_000
WATCH_S = 1.0
SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_MS = 2_000
REBALANCE_TIMEOUT_MS = 30_000
METADATA_MAX_AGE_MS = 5_000
"""A broker that has just come back may not know the topic's partitions yet. Then the leader of the group gives nobody
anything, and learns of them only with the next metadata: by aiokafka's default, after five minutes."""
FAUST_LOG = logging.getLogger("faust.pipeline")
"""For what Faust says of the life of its parts, or it would say it under our name."""


class Owner(Protocol):
    """What the consumer asks and tells the engine."""

    kafka: KafkaSettings

    def wanted(self) -> Collection[TP]: ...
    async def wait_wanted(self) -> None: ...
    async def suspend(self) -> None: ...
    def assign(self, assigned: set[TP], generation: int) -> None: ...
    def crash(self, reason: BaseException) -> None: ...


@dataclass(slots=True, frozen=True)
class FetchState:
    """Where the consumer stands in a partition, as of the last answer of the broker."""

    position: int
    end: int
    answered_ms: int


class ChunkThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread."""

    logger = FAUST_LOG

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        # The assignor keeps its memory on the class: with one class for all, two consumers in a process mix it up.
        assignor = type("Sticky", (StickyPartitionAssignor,), {})
        conf = self.app.conf
        return AIOKafkaConsumer(
            **transport.owner.kafka.client(),
            client_id=conf.broker_client_id,
            group_id=conf.id,
            partition_assignment_strategy=[assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_min_bytes=FETCH_MIN_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 300) * 1000),
        )

    async def on_thread_stop(self) -> None:
        if self._consumer is not None:
            await stop_consumer(self._consumer)
        await super().on_thread_stop()

    def _stopped_set(self) -> None:
        """Tell the thread to end. After a crash it ends by itself, and may have closed its loop already."""
        try:
            super()._stopped_set()
        except RuntimeError:
            self._stopped.set()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the consumer's event loop and wait for it here."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.thread_loop))

    def fetch_state(self, tp: TP) -> FetchState | None:
        """None while the partition is not assigned or the broker has not answered yet."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        if assignment is None or tp not in assignment.tps:
            return None
        state = assignment.state_value(tp)
        answered_ms = state.timestamp  # first: what follows is at least as new, for another thread moves all of them
        if state._position is None or state.highwater is None or answered_ms is None:
            return None
        return FetchState(state._position, state.highwater, answered_ms)

    def partition_count(self, topic: str) -> int:
        """How many partitions the topic has.

        Raises:
            UnknownTopicOrPartitionError: the broker has not told, or has just started and does not know itself.
        """
        partitions = self._ensure_consumer().partitions_for_topic(topic)
        if not partitions:
            raise UnknownTopicOrPartitionError(topic)
        return len(partitions)

    def membership_failure(self) -> BaseException | None:
        """Why aiokafka has given up being a member of the group, if it has."""
        if self._consumer is None or self._consumer._coordinator is None:
            return None  # not started
        coordination = self._consumer._coordinator._coordination_task
        if not coordination.done() or coordination.cancelled():
            return None
        failure: BaseException | None = coordination.exception()
        return failure

    def stay_member(self) -> None:
        """Tell aiokafka that somebody takes its records.

        It leaves the group, and does not join again, when nobody asked for records for `max_poll_interval_ms`. So a
        worker that waits without a partition would not be there when another one dies.
        """
        self._ensure_consumer()._subscription._last_fetch_ended = time.monotonic()

    async def is_member(self, generation: int) -> bool:
        """Ask the group's coordinator, now, whether this worker is a member under this generation."""
        coordinator = self._ensure_consumer()._coordinator
        if coordinator.generation != generation:
            return False
        answer = await coordinator._send_req(
            HeartbeatRequest(coordinator.group_id, coordinator.generation, coordinator.member_id)
        )
        accepted: bool = answer.error_code == 0
        return accepted and coordinator.generation == generation


class ChunkConsumer(driver.Consumer):
    """Gives the conductor one message a chunk, of the partitions that the engine wants."""

    logger = FAUST_LOG
    _thread: ChunkThread

    @property
    def owner(self) -> Owner:
        return cast(ChunkTransport, self.transport).owner

    @property
    def thread(self) -> ChunkThread:
        return self._thread

    def _new_consumer_thread(self) -> ChunkThread:
        thread = ChunkThread(self, loop=self.loop, beacon=self.beacon, thread_loop=uvloop.new_event_loop())
        thread._close_thread_loop_on_stop = True  # as mode does with a loop that it makes itself
        return thread

    @Service.task
    async def _watch_membership(self) -> None:
        """End the worker when aiokafka gives up its membership.

        It tells only those who ask it for records, and nobody does before partitions have been assigned: a worker
        that is started while the broker is coming back could live on forever and never be given any.
        """
        while not self.should_stop:
            failure = self._thread.membership_failure()
            if failure is not None:
                self.owner.crash(GroupLostError(f"no member of the consumer group any more: {failure!r}"))
                return
            await self.sleep(WATCH_S)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                self._thread.stay_member()
                if not self.flow_active:
                    await self.wait(self.can_resume_flow, timeout=1.0)  # type: ignore[arg-type]  # mode's is too narrow
                    continue
                await self._deliver_chunks()
        except ConsumerStoppedError:
            if not self.app.should_stop:
                raise

    async def _deliver_chunks(self) -> None:
        wanted = self.owner.wanted()
        if not wanted:
            await self.owner.wait_wanted()
            return
        consumer = self._thread._ensure_consumer()
        chunks = await self._thread.run(take_chunks(consumer, wanted, CHUNK_RECORDS, timeout_s=0.2))
        for tp, chunk in chunks.items():
            # What a rebalance cuts off here is read again: the engine seeks to its own position afterwards.
            if self.flow_active:
                await self.wait_first(self.callback(self._chunk_message(tp, chunk)), self.suspend_flow.wait())

    def _chunk_message(self, tp: TopicPartition, chunk: Chunk) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            chunk.start,
            0.0,
            0,
            [],
            None,
            cast(bytes, chunk),  # the topic's codec is raw: Faust hands the value on as it is
            None,
            0,
            0,
            TP(tp.topic, tp.partition),
            generation_id=self.app.consumer_generation_id,
        )

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await super().on_partitions_revoked(revoked)
        await self.owner.suspend()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await super().on_partitions_assigned(assigned, generation_id)
        self.owner.assign({TP(*tp) for tp in assigned}, generation_id)

    async def perform_seek(self) -> None:
        """Positions are the engine's; Faust's way loses what it had fetched where nothing was committed yet."""

    async def commit(self, *_: Any, **__: Any) -> bool:
        """Offsets are committed by the checkpoints' transactions."""
        return False

    async def verify_all_partitions_active(self) -> None:
        """Faust's stall detector goes by its own commits, of which there are none."""


class Producer(driver.Producer):
    """Faust's own producer; the engine writes by others, but Faust starts it all the same."""

    logger = FAUST_LOG

    def _settings_auth(self) -> Mapping[str, Any]:
        return cast(ChunkTransport, self.transport).owner.kafka.client()


class ChunkTransport(driver.Transport):
    Consumer = ChunkConsumer
    Producer = Producer
    owner: Owner
