"""What the engine does with a chunk, when it thinks that one got lost, and with a failure; no broker needed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, NotLeaderForPartitionError, ProducerFenced
from faust.types import TP

from pipeline.engine import Engine, Job, KafkaSettings, Record, StreamClock
from pipeline.engine.chunk import Chunk
from pipeline.engine.engine import BACKLOG_RECORDS, BACKLOG_STRETCH, FAILURE_WINDOW_S, STUCK_LOOKS
from pipeline.engine.errors import RecordsGoneError, RepeatedFailureError
from pipeline.engine.task import SLICE_RECORDS, PartitionTask
from pipeline.engine.transport import FetchState
from tests.engine.counting import Counting

AT = TP("events", 0)
NO_PRODUCER: Any = None


class Seen(Counting):
    """Notes how many records each call brought, and the offsets."""

    def __init__(self) -> None:
        super().__init__(0, StreamClock(0), "results")
        self.slices: list[int] = []
        self.offsets: list[int] = []
        self.after_slice: Any = None

    def process(self, records: Sequence[Record]) -> None:
        super().process(records)
        self.slices.append(len(records))
        self.offsets += [record[0] for record in records]
        if self.after_slice is not None:
            self.after_slice()


class Consumer:
    """What the engine asks of the consumer's thread: here only where it stands."""

    state: FetchState | None = None

    def fetch_state(self, _tp: TP) -> FetchState | None:
        return self.state


class Alone(Engine):
    """An engine with one running partition, that notes when it would read again."""

    def __init__(self, position: int) -> None:
        job = Job(group="g", agent="a", topic=AT.topic, changelog="c", make_fold=lambda *_: Seen(), checkpoint_s=1)
        super().__init__(job, KafkaSettings("localhost:1"))
        self.again: list[int] = []
        self.consumer = Consumer()
        self.fold = Seen()
        self.task = self.tasks.setdefault(AT, PartitionTask(AT))
        self.task.begin(self.fold, NO_PRODUCER, position, 1, 1, 0, 0)
        self.task.running = True

    @property
    def _thread(self) -> Any:
        return self.consumer

    def _start_activation(self, task: PartitionTask) -> None:
        """There is no broker to restore from."""

    async def _read_again(self, task: PartitionTask) -> None:
        self.again.append(task.position)


def chunk(start: int, end: int, offsets: Sequence[int] | None = None) -> Chunk:
    numbers = range(start, end) if offsets is None else offsets
    return Chunk(start, end, [(offset, 0, b"key-%d" % (offset % 100), b"%d" % offset) for offset in numbers])


class TestDeliver:
    """Design: a chunk is (from, to, records); continuity goes by positions, not by offsets of records."""

    async def test_moves_the_position_to_the_chunks_end(self) -> None:
        """Positions: markers behind the last record are passed as well."""
        engine = Alone(5)
        await engine._deliver(AT, chunk(5, 9, [5, 7]))
        assert engine.fold.offsets == [5, 7]
        assert engine.task.position == 9

    async def test_moves_the_position_without_records(self) -> None:
        """Positions: a chunk of nothing but markers moves the position."""
        engine = Alone(5)
        await engine._deliver(AT, chunk(5, 8, []))
        assert engine.task.position == 8
        assert engine.fold.slices == []

    async def test_leaves_out_what_it_had(self) -> None:
        """Overlap: a chunk that was fetched before a seek gives only what is new, and an old one nothing."""
        engine = Alone(5)
        await engine._deliver(AT, chunk(2, 9))
        assert engine.fold.offsets == [5, 6, 7, 8]
        await engine._deliver(AT, chunk(2, 9))
        assert engine.fold.offsets == [5, 6, 7, 8]
        assert engine.task.position == 9

    async def test_reads_again_what_is_missing(self) -> None:
        """Gap: a chunk that does not follow on the position is not folded; what is missing is read again."""
        engine = Alone(5)
        await engine._deliver(AT, chunk(6, 9))
        assert engine.again == [5]
        assert engine.fold.offsets == []
        assert engine.task.position == 5

    async def test_gives_slices(self) -> None:
        """Slices: a long chunk is folded a slice at a time, so that heartbeats and other partitions have a turn."""
        engine = Alone(0)
        await engine._deliver(AT, chunk(0, 2 * SLICE_RECORDS + 1))
        assert engine.fold.slices == [SLICE_RECORDS, SLICE_RECORDS, 1]

    async def test_stops_at_a_slice_when_the_partition_is_taken_away(self) -> None:
        """Slices: a revoke in the middle of a chunk leaves the position where the fold is, and the rest unfolded."""
        engine = Alone(0)

        def revoke() -> None:
            engine.task.running = False
            engine.task.epoch += 1

        engine.fold.after_slice = revoke
        await engine._deliver(AT, chunk(0, 2 * SLICE_RECORDS))
        assert engine.fold.slices == [SLICE_RECORDS]
        assert engine.task.position == SLICE_RECORDS

    @pytest.mark.parametrize("at", [AT, TP("events", 1)])
    async def test_ignores_what_is_not_running(self, at: TP) -> None:
        """A chunk that was under way when its partition was revoked is dropped; activation seeks."""
        engine = Alone(0)
        engine.task.running = False
        await engine._deliver(at, chunk(0, 3))
        assert engine.fold.offsets == []
        assert engine.task.position == 0


class TestLook:
    """Design: at rates of nothing, is it idle or did something get lost?"""

    async def looks(self, engine: Alone, state: FetchState, times: int = STUCK_LOOKS) -> list[int]:
        engine.consumer.state = state
        for _ in range(times):
            engine._look(engine.task)
        for work in list(engine._background):
            await work
        return engine.again

    async def test_reads_again_when_nothing_came(self) -> None:
        """Lost between fetch and fold: the consumer is ahead and nothing comes, look after look."""
        assert await self.looks(Alone(5), FetchState(9, 9, 0), STUCK_LOOKS - 1) == []
        assert await self.looks(Alone(5), FetchState(9, 9, 0), STUCK_LOOKS) == [5]

    async def test_reads_again_when_the_consumer_fell_back(self) -> None:
        """A topic made anew: aiokafka begins at its beginning by itself, which is behind the position."""
        assert await self.looks(Alone(5), FetchState(2, 2, 0)) == [5]

    async def test_waits_while_records_come(self) -> None:
        """Lost between fetch and fold: that the consumer is ahead is the rule while records come."""
        engine = Alone(5)
        await engine._deliver(AT, chunk(5, 6))
        assert await self.looks(engine, FetchState(9, 9, 0)) == []

    @pytest.mark.parametrize(
        ("state", "idle"),
        [
            (FetchState(5, 5, 2_000), True),
            (FetchState(5, 9, 2_000), False),  # more waits at the broker
            (FetchState(9, 9, 2_000), False),  # more is on its way to the fold
            (FetchState(5, 5, 1_000), False),  # the broker is silent
        ],
    )
    async def test_an_answer_without_records_is_idleness(self, state: FetchState, idle: bool) -> None:
        """Idle watermark: it goes on by the time of an answer that had nothing, at the partition's end."""
        engine = self.at_its_end(broker_ms=2_500)
        await self.looks(engine, FetchState(5, 5, 1_000), times=1)
        await self.looks(engine, state, times=1)
        assert engine.fold.advanced == ([2_000] if idle else [])

    async def test_the_answer_that_brought_the_records_is_none(self) -> None:
        """Idle watermark: records were there since the last look, so another answer than now has to come."""
        engine = self.at_its_end(broker_ms=2_500)
        await self.looks(engine, FetchState(5, 5, 1_000), times=1)
        await engine._deliver(AT, chunk(5, 6))
        await self.looks(engine, FetchState(6, 6, 2_000), times=1)
        assert engine.fold.advanced == []
        await self.looks(engine, FetchState(6, 6, 2_200), times=1)
        assert engine.fold.advanced == [2_200]

    @pytest.mark.parametrize("jump_ms", [3 * 3_600_000, 365 * 86_400_000])
    async def test_a_worker_whose_clock_jumps_ahead(self, jump_ms: int) -> None:
        """Idle watermark: it goes by the broker's clock then, and after the clock was put right by either."""
        engine = self.at_its_end(broker_ms=2_500)
        for answered_ms in (1_000, 2_000, 2_200 + jump_ms, 2_400 + jump_ms):
            await self.looks(engine, FetchState(5, 5, answered_ms), times=1)
        assert engine.fold.advanced[0] == 2_000
        assert all(2_500 <= advanced < 60_000 for advanced in engine.fold.advanced[1:])
        await self.looks(engine, FetchState(5, 5, 60_000), times=1)
        assert len(engine.fold.advanced) == 4

    async def test_a_broker_whose_clock_jumps_ahead(self) -> None:
        """Idle watermark: it goes by the worker's clock then."""
        engine = self.at_its_end(broker_ms=365 * 86_400_000)
        for answered_ms in (1_000, 2_000):
            await self.looks(engine, FetchState(5, 5, answered_ms), times=1)
        assert engine.fold.advanced == [2_000]

    async def test_before_the_broker_has_told_its_time(self) -> None:
        """Idle watermark: after a restore it waits for the first checkpoint."""
        engine = self.at_its_end(broker_ms=None)
        for answered_ms in (1_000, 2_000):
            await self.looks(engine, FetchState(5, 5, answered_ms), times=1)
        assert engine.fold.advanced == []

    def at_its_end(self, broker_ms: int | None) -> Alone:
        """An engine that has read 5 records, the newest of time 0."""
        engine = Alone(5)
        engine.fold.clock.high_ms = engine.fold.clock.high_append_ms = 0
        if broker_ms is not None:
            _, mark, _ = engine.task.snapshot()
            engine.task.committed_to(mark, 0, broker_ms)
        return engine

    async def test_checkpoints_are_fewer_under_a_backlog(self) -> None:
        """Backlog: with much to read a checkpoint waits for several intervals, with little it does not."""
        engine = Alone(5)
        task = engine.task
        await self.looks(engine, FetchState(5, 5 + BACKLOG_RECORDS, 0), times=1)
        assert engine._is_due(task)
        await self.looks(engine, FetchState(5, 6 + BACKLOG_RECORDS, 0), times=1)
        assert not engine._is_due(task)
        task.checkpointed_at -= BACKLOG_STRETCH
        assert engine._is_due(task)


class TestFail:
    """Design: a second failure within a minute ends the process; an outage may take longer than that."""

    @pytest.mark.parametrize(
        "reason",
        [
            KafkaConnectionError(),
            TimeoutError(),
            asyncio.CancelledError(),
            NotLeaderForPartitionError(),
            RecordsGoneError(),
        ],
    )
    async def test_from_outside_may_come_often(self, reason: BaseException) -> None:
        """Failures: that the broker does not answer, or has lost records, is no reason to end the process."""
        engine = Alone(0)
        for _ in range(3):
            engine._fail(engine.task, reason)
        assert engine.failure is None

    @pytest.mark.parametrize("reason", [ZeroDivisionError(), ProducerFenced()])
    async def test_of_its_own_ends_the_process_the_second_time(self, reason: Exception) -> None:
        """Failures: twice within a minute it goes round in circles; an hour later it is a new one."""
        engine = Alone(0)
        engine._fail(engine.task, reason)
        assert engine.failure is None
        assert engine.task.failed_at is not None
        engine.task.failed_at -= FAILURE_WINDOW_S
        engine._fail(engine.task, reason)
        assert engine.failure is None
        engine._fail(engine.task, reason)
        assert isinstance(engine.failure, RepeatedFailureError)
