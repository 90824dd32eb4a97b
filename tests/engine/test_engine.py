"""The engine against a real broker: records in, results and state out."""

import asyncio
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from faust.types import TP

from pipeline.engine import Changes, KafkaSettings, Record, engine
from pipeline.engine.checkpoint import Checkpoint
from pipeline.engine.errors import OutputTooLargeError
from pipeline.engine.transport import ChunkThread, FetchState
from tests.engine.counting import Counting
from tests.engine.running import NEVER_S, Notes, engine_of, running, started
from tests.engine.stage import eventually, once, stage

pytestmark = pytest.mark.kafka

STOP_S = 5.0
BACKLOG_MB = 300


class TestStart:
    async def test_reads_what_was_there_before_the_first_start(self, kafka: str) -> None:
        """auto_offset_reset earliest: records older than the group are read, each once."""
        topics = await stage(kafka)
        await topics.produce(range(500))
        notes = Notes()
        async with running(engine_of(topics, notes)):
            await topics.drained()
        assert await topics.accounted() == once(range(500))
        assert notes.records == 500
        assert len(await topics.results()) > 0
        assert len(await topics.states()) > 0

    async def test_goes_on_where_it_stopped(self, kafka: str) -> None:
        """Restore: a later worker takes over keys, position and event time from the changelog."""
        topics = await stage(kafka)
        await topics.produce(range(100), event_ms=5_000_000)
        async with running(engine_of(topics)):
            await topics.drained()
        await topics.produce(range(100, 200), event_ms=4_000_000)
        notes = Notes()
        async with running(engine_of(topics, notes)) as second:
            clocks = [task.fold.clock for task in second.tasks.values() if task.fold]
            assert [clock.high_ms for clock in clocks] == [5_000_000, 5_000_000]
            await topics.drained()
        assert sorted(partition for partition, *_ in notes.restores) == [0, 1]
        assert sum(keys for _, keys, _ in notes.restores) == 14
        assert notes.records == 100
        assert await topics.accounted() == once(range(200))


class TestStop:
    async def test_makes_a_last_checkpoint(self, kafka: str) -> None:
        """Clean stop: what was folded since the last checkpoint is committed, within 5 s."""
        topics = await stage(kafka)
        await topics.produce(range(100))
        notes = Notes()
        async with running(engine_of(topics, notes, checkpoint_s=NEVER_S)) as running_engine:
            await eventually(lambda: sum(task.records for task in running_engine.tasks.values()) == 100, "all folded")
            assert notes.commits == []
            began = time.monotonic()
        assert time.monotonic() - began < STOP_S
        assert notes.records == 100
        assert await topics.accounted() == once(range(100))

    async def test_cuts_a_restore_short(self, kafka: str) -> None:
        """Clean stop: a restore under way is given up, so that the worker ends within 5 s and leaves nothing behind."""
        topics = await stage(kafka, partitions=1)
        restoring = asyncio.Event()

        class Endless(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
            async def start(self) -> None:
                await super().start()
                restoring.set()
                await asyncio.Event().wait()

        class Settings(KafkaSettings):
            def transactional_producer(self, transactional_id: str) -> AIOKafkaProducer:
                return Endless(bootstrap_servers=kafka, transactional_id=transactional_id)

        await topics.produce(range(5))
        async with started(engine_of(topics, kafka=Settings(kafka))):
            await restoring.wait()
            began = time.monotonic()
        assert time.monotonic() - began < STOP_S
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        async with running(engine_of(topics)):
            await topics.drained()
        assert await topics.accounted() == once(range(5))


class TestInput:
    async def test_of_an_aborted_transaction_is_not_folded(self, kafka: str) -> None:
        """read_committed: aborted records are passed over, and a marker at the end stalls neither lag nor idleness."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(5))
        async with topics.producer(transactional_id=topics.name) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(topics.source, key=b"key-0-0", value=b"5", partition=0)
            await producer.abort_transaction()
            await producer.begin_transaction()
            await producer.send_and_wait(topics.source, key=b"key-0-0", value=b"6", partition=0)
            await producer.commit_transaction()
        async with running(engine_of(topics)) as reading:
            await topics.drained()
            (task,) = reading.tasks.values()
            await eventually(lambda: task.lag == 0, "no lag")
            fold = task.fold
            assert isinstance(fold, Counting)
            await eventually(lambda: bool(fold.advanced), "idle")
            assert task.position == 9  # 5 records, an aborted one, a committed one, and a marker each
        assert await topics.accounted() == once([0, 1, 2, 3, 4, 6])

    async def test_that_never_comes_again_lets_the_watermark_go_on(self, kafka: str) -> None:
        """Idle watermark: without further events `advance` is called again and again, with a growing watermark."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(3))
        async with running(engine_of(topics, disorder_ms=1_000)) as idle:
            (task,) = idle.tasks.values()
            fold = task.fold
            assert isinstance(fold, Counting)
            await eventually(lambda: len(set(fold.advanced)) >= 4, "four watermarks")
            assert fold.advanced == sorted(fold.advanced)
            now_ms = time.time_ns() // 1_000_000
            assert now_ms - 10_000 < fold.advanced[-1] <= now_ms - 1_000

    async def test_a_worker_whose_clock_is_ahead(self, kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Idle watermark: it goes on by the broker's clock, as well after a restart with nothing new to read."""
        year_ms = 365 * 86_400_000
        right = ChunkThread.fetch_state

        def ahead(thread: ChunkThread, tp: TP) -> FetchState | None:
            state = right(thread, tp)
            return state and replace(state, answered_ms=state.answered_ms + year_ms)

        monkeypatch.setattr(ChunkThread, "fetch_state", ahead)
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(3))
        for _ in range(2):
            async with running(engine_of(topics, disorder_ms=1_000)) as idle:
                (task,) = idle.tasks.values()
                fold = task.fold
                assert isinstance(fold, Counting)
                await eventually(lambda: len(set(fold.advanced)) >= 4, "four watermarks")  # noqa: B023  # of this turn
                now_ms = time.time_ns() // 1_000_000
                assert now_ms - 10_000 < fold.advanced[-1] <= now_ms - 1_000

    async def test_lost_before_the_fold_is_read_again(self, kafka: str) -> None:
        """Lost between fetch and fold: whether more comes behind it or not, a dropped chunk is fetched again."""
        topics = await stage(kafka, partitions=1)

        class Dropping(engine.Engine):
            dropped = 0

            async def _deliver(self, tp: object, chunk: object) -> None:
                if self.dropped < 1:
                    self.dropped += 1
                else:
                    await super()._deliver(tp, chunk)  # type: ignore[arg-type]

        notes = Notes()
        dropping = engine_of(topics, notes, engine_type=Dropping)
        async with running(dropping):
            assert isinstance(dropping, Dropping)
            await topics.produce(range(20))  # dropped, and nothing follows
            await topics.drained()
            dropping.dropped = 0
            await topics.produce(range(20, 40))
            await eventually(lambda: dropping.dropped == 1, "a chunk was dropped")
            await topics.produce(range(40, 60))  # follows on what was dropped
            await topics.drained()
        assert await topics.accounted() == once(range(60))
        assert notes.failures == []
        assert len(notes.restores) == 1


class Wide(Counting):
    """Emits more than fits into one batch: of each record 300 kB, and as many small ones."""

    def take(self, offset: int, append_ms: int, key: bytes | None, value: bytes | None) -> None:
        super().take(offset, append_ms, key, value)
        self.emit(b"wide", b"%d " % offset + b"x" * 300_000)
        for number in range(300):
            self.emit(b"narrow", b"%d-%d" % (offset, number))


class TestOutput:
    async def test_over_one_batch_is_split(self, kafka: str) -> None:
        """Packing: results of one checkpoint that take several batches stand in the topic whole and in order."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(5))
        notes = Notes()
        wide = engine_of(topics, notes, make_fold=lambda partition, clock: Wide(partition, clock, topics.output))
        async with running(wide):
            await topics.drained()
        assert len(notes.commits) == 1
        rows = await topics.results()
        assert [value[:1] for _, key, value in rows if key == b"wide" and value] == [b"0", b"1", b"2", b"3", b"4"]
        narrow = [value for _, key, value in rows if key == b"narrow"]
        assert narrow == [b"%d-%d" % (offset, number) for offset in range(5) for number in range(300)]

    async def test_that_no_broker_takes_ends_the_process(self, kafka: str) -> None:
        """Bounded values: a record over the limit would fail for ever, so it ends the app and says of what topic."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(1))

        class Huge(Counting):
            def take(self, offset: int, append_ms: int, key: bytes | None, value: bytes | None) -> None:
                super().take(offset, append_ms, key, value)
                self.emit(b"huge", b"x" * 1_000_000)

        huge = engine_of(topics, make_fold=lambda partition, clock: Huge(partition, clock, topics.output))
        async with running(huge):
            await huge.app.wait_first(asyncio.Event().wait())
        assert isinstance(huge.failure, OutputTooLargeError)
        assert f"for {topics.output}: the most is 900000" in str(huge.failure)
        assert await topics.offsets() == {}

    async def test_of_an_empty_list_is_nothing(self, kafka: str) -> None:
        """Packing: a topic without results in this checkpoint is left alone."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(3))

        class Empty(Counting):
            def take_changes(self) -> Changes:
                changes = super().take_changes()
                changes.results.setdefault(self.output, [])
                return changes

        notes = Notes()
        async with running(engine_of(topics, notes, make_fold=lambda p, clock: Empty(p, clock, topics.output))):
            await topics.drained()
        assert notes.failures == []
        assert await topics.ends(topics.output) == {0: 0}
        assert await topics.accounted() == once(range(3))


class TestBackPressure:
    async def test_input_waits_while_results_are_pending(self, kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Back-pressure: over the limit of pending results a checkpoint comes first, whatever the interval."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(20_000), keys=10)
        monkeypatch.setattr(engine, "MAX_PENDING", 100)
        notes, seen = Notes(), []

        class Seeing(Counting):
            def process(self, records: Sequence[Record]) -> None:
                super().process(records)
                seen.append((self.pending, len(records)))

        fold = engine_of(
            topics, notes, make_fold=lambda p, clock: Seeing(p, clock, topics.output), checkpoint_s=NEVER_S
        )
        async with running(fold):
            (task,) = fold.tasks.values()
            await eventually(lambda: notes.records + task.records == 20_000, "all folded")
            assert len(notes.commits) > 5  # none of them the timer's
        most = max(records for _, records in seen)
        assert max(pending for pending, _ in seen) <= 100 + most
        assert await topics.accounted() == once(range(20_000))

    async def test_memory_stays_bounded_under_a_backlog(self, kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Back-pressure: of 300 MB of waiting input only a few chunks are in memory while results wait."""
        topics = await stage(kafka, partitions=1)
        async with topics.producer(max_batch_size=1_000_000, compression_type="lz4") as producer:
            for start in range(BACKLOG_MB):
                batch = producer.create_batch()
                value = b"%d@1" % start + b" " * 1_000
                while batch.append(key=b"k", value=value, timestamp=None) is not None:
                    pass
                await producer.send_batch(batch, topics.source, partition=0)
        monkeypatch.setattr(engine, "MAX_PENDING", 100)
        go_on = asyncio.Event()

        class Waiting(Checkpoint):
            async def send(self) -> None:
                await go_on.wait()
                await super().send()

        full = engine_of(topics)
        full.checkpoint_type = Waiting
        before_mb = memory_mb()
        async with running(full):
            (task,) = full.tasks.values()
            positions: list[int] = []

            def stands_still() -> bool:
                state = full._thread.fetch_state(task.tp)
                positions.append(state.position if state else 0)
                return positions[-1] > 0 and positions[-20:].count(positions[-1]) == 20

            await eventually(stands_still, "no more is fetched")
            # A few chunks: those in the queue, in work and in the fetcher.
            assert task.end > 10 * positions[-1]
            assert memory_mb() - before_mb < BACKLOG_MB / 3
            go_on.set()


def memory_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
