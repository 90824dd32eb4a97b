"""Checkpoints, folds and restores that fail in a worker that lives."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete
from faust.types import TP

from pipeline.engine import Engine, KafkaSettings, StreamClock
from pipeline.engine import engine as engine_module
from pipeline.engine.checkpoint import Checkpoint
from pipeline.engine.chunk import Chunk
from pipeline.engine.errors import RepeatedFailureError, StateConflictError
from tests.engine.counting import Counting
from tests.engine.running import NEVER_S, Notes, engine_of, running, started
from tests.engine.stage import Stage, eventually, once, stage

pytestmark = pytest.mark.kafka


def failing(step: str, times: int = 1) -> type[Checkpoint]:
    """A checkpoint that, so many times in all, raises before this step."""

    class Failing(Checkpoint):
        left = times

        async def send_offset(self) -> None:
            self._at("send_offset")
            await super().send_offset()

        async def commit(self) -> None:
            self._at("commit")
            await super().commit()
            self._at("committed")

        def _at(self, at: str) -> None:
            if at == step and Failing.left > 0:
                Failing.left -= 1
                raise ZeroDivisionError(step)

    return Failing


async def crashed(engine: Engine) -> BaseException:
    """Wait until the app has crashed; returns why."""
    await engine.app.wait_first(asyncio.Event().wait())
    assert engine.app.crashed
    assert engine.failure is not None
    return engine.failure


class TestCheckpoint:
    @pytest.mark.parametrize("step", ["send_offset", "commit", "committed"])
    async def test_that_fails_costs_the_memory_and_nothing_else(self, kafka: str, step: str) -> None:
        """After an exception memory is dead: restored in place, whatever of the transaction came through.

        The observer is told of committed checkpoints only, so an aborted one is not counted.
        """
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(25))
        notes = Notes()
        engine = engine_of(topics, notes)
        engine.checkpoint_type = failing(step)
        async with running(engine):
            await topics.drained()
            await topics.produce(range(25, 50))
            await topics.drained()
        assert [type(reason) for _, reason in notes.failures] == [ZeroDivisionError]
        assert len(notes.restores) == 2
        assert notes.records == (50 if step != "committed" else 25)
        assert sum(len(changes.results.get(topics.output, [])) for _, changes, _ in notes.commits) <= 4
        assert await topics.accounted() == once(range(50))

    async def test_that_fails_twice_within_a_minute_ends_the_process(self, kafka: str) -> None:
        """A second failure within a minute: the app crashes and says of which partition and why."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(25))
        engine = engine_of(topics)
        engine.checkpoint_type = failing("commit", times=2)
        async with running(engine):
            reason = await crashed(engine)
        assert isinstance(reason, RepeatedFailureError)
        assert f"{topics.source}-0 failed again: ZeroDivisionError('commit')" in str(reason)
        assert await topics.offsets() == {}

    async def test_of_a_former_memory_does_not_cost_the_fresh_one(
        self, kafka: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After an exception: a checkpoint still under way when its memory was discarded holds up and fails itself."""
        monkeypatch.setattr(engine_module, "CHECKPOINT_TIMEOUT_S", NEVER_S)
        topics = await stage(kafka, partitions=1)
        held, release = asyncio.Event(), asyncio.Event()

        class Held(Checkpoint):
            async def send_offset(self) -> None:
                if not held.is_set():
                    held.set()
                    await release.wait()
                    raise ConnectionAbortedError
                await super().send_offset()

        class Poisoned(Counting):
            left = 1

            def take(self, offset: int, append_ms: int, key: bytes | None, value: bytes | None) -> None:
                if value == b"5" and Poisoned.left:
                    Poisoned.left -= 1
                    raise ZeroDivisionError
                super().take(offset, append_ms, key, value)

        notes = Notes()
        engine = engine_of(topics, notes, make_fold=lambda p, clock: Poisoned(p, clock, topics.output))
        engine.checkpoint_type = Held
        async with running(engine):
            await topics.produce(range(5))
            await held.wait()
            await topics.produce(range(5, 10))
            await topics.drained()
            release.set()
            await topics.produce(range(10, 15))
            await topics.drained()
        assert [type(reason) for _, reason in notes.failures] == [ZeroDivisionError]
        assert len(notes.restores) == 2
        assert await topics.accounted() == once(range(15))

    async def test_that_another_producer_fenced_is_restored(self, kafka: str) -> None:
        """Fencing: another producer with the partition's transactional id ends the transaction; restored in place."""
        topics = await stage(kafka, partitions=1)
        held, release = asyncio.Event(), asyncio.Event()

        class Held(Checkpoint):
            async def commit(self) -> None:
                if not held.is_set():
                    held.set()
                    await release.wait()
                await super().commit()

        notes = Notes()
        engine = engine_of(topics, notes)
        engine.checkpoint_type = Held
        async with running(engine):
            await topics.produce(range(25))
            await held.wait()
            async with topics.producer(transactional_id=f"{topics.group}-count-0"):
                release.set()
                await eventually(lambda: len(notes.failures) == 1, "fenced")
            await topics.drained()
        assert type(notes.failures[0][1]).__name__ in {"ProducerFenced", "InvalidProducerEpoch"}
        assert len(notes.restores) == 2
        assert await topics.accounted() == once(range(25))

    async def test_that_timed_out_in_a_healthy_worker_is_restored(self, kafka: str) -> None:
        """Transaction time-out: ProducerFenced without anybody else; the worker restores, its results come once."""
        topics = await stage(kafka, partitions=1)
        first = asyncio.Event()

        class Late(Checkpoint):
            async def commit(self) -> None:
                if not first.is_set():
                    first.set()
                    # The broker ends the transaction: what it holds up becomes readable.
                    await eventually(self._is_over, "the transaction timed out")
                await super().commit()

            async def _is_over(self) -> bool:
                return (await topics.ends(topics.changelog))[0] > 0

        class Impatient(KafkaSettings):
            def transactional_producer(self, transactional_id: str) -> AIOKafkaProducer:
                producer = super().transactional_producer(transactional_id)
                producer._txn_manager.transaction_timeout_ms = 500
                return producer

        notes = Notes()
        engine = engine_of(topics, notes, kafka=Impatient(kafka))
        engine.checkpoint_type = Late
        async with running(engine):
            await topics.produce(range(25))
            await topics.drained()
        assert type(notes.failures[0][1]).__name__ in {"ProducerFenced", "InvalidProducerEpoch", "InvalidTxnState"}
        assert len(notes.failures) == 1
        assert await topics.accounted() == once(range(25))


class TestFold:
    async def test_that_raises_is_restored(self, kafka: str) -> None:
        """A fold that raises: what it did since the checkpoint is discarded and done again."""
        topics = await stage(kafka, partitions=1)

        class Raising(Counting):
            left = 1

            def take(self, offset: int, append_ms: int, key: bytes | None, value: bytes | None) -> None:
                super().take(offset, append_ms, key, value)
                if value == b"30" and Raising.left:
                    Raising.left -= 1
                    raise ZeroDivisionError

        notes = Notes()
        async with running(engine_of(topics, notes, make_fold=lambda p, c: Raising(p, c, topics.output))):
            await topics.produce(range(25))
            await topics.drained()
            await topics.produce(range(25, 50))
            await topics.drained()
        assert [type(reason) for _, reason in notes.failures] == [ZeroDivisionError]
        assert len(notes.restores) == 2
        assert notes.records == 50
        assert await topics.accounted() == once(range(50))

    async def test_that_raises_while_idle_is_restored(self, kafka: str) -> None:
        """A fold that raises: the same when it was the clock that moved and not a record that came."""
        topics = await stage(kafka, partitions=1)

        class Raising(Counting):
            left = 1

            def advance(self, watermark_ms: int) -> None:
                super().advance(watermark_ms)
                if Raising.left:
                    Raising.left -= 1
                    raise ZeroDivisionError

        notes = Notes()
        engine = engine_of(topics, notes, make_fold=lambda p, c: Raising(p, c, topics.output))
        async with running(engine):
            await topics.produce(range(5))
            await eventually(lambda: len(notes.restores) == 2, "restored")
            await topics.produce(range(5, 10))
            await topics.drained()
        assert [type(reason) for _, reason in notes.failures] == [ZeroDivisionError]
        assert await topics.accounted() == once(range(10))


class TestRestore:
    async def test_that_fails_crashes_the_app(self, kafka: str) -> None:
        """A failed restore crashes the app with its reason, and is not a silent stall."""
        topics = await stage(kafka, partitions=1)

        def broken(_partition: int, _clock: StreamClock) -> Counting:
            raise ZeroDivisionError("no fold")

        engine = engine_of(topics, make_fold=broken)
        async with started(engine):
            reason = await crashed(engine)
        assert isinstance(reason, ZeroDivisionError)
        assert not engine.ready

    async def test_is_refused_when_offsets_were_moved(self, kafka: str) -> None:
        """A start is refused, with words, if the mark contradicts the group's offset; nothing is written then."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(25))
        async with running(engine_of(topics)):
            await topics.drained()
        await move_offset(topics, 3)
        ends = await topics.ends(topics.changelog)
        engine = engine_of(topics)
        async with started(engine):
            reason = await crashed(engine)
        assert isinstance(reason, StateConflictError)
        assert f"stands at 3 in {topics.source}-0" in str(reason)
        assert await topics.ends(topics.changelog) == ends

    @pytest.mark.parametrize("kept_from", [14, 20])
    async def test_goes_on_behind_what_retention_deleted(
        self, kafka: str, kept_from: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Retention: a running worker that it overtakes, in part or wholly, tells what was lost and goes on."""
        topics = await stage(kafka, partitions=1)
        slow = engine_of(topics, engine_type=Standing)
        assert isinstance(slow, Standing)
        async with running(slow):
            await topics.produce(range(10))
            await topics.drained()
            slow.stands = True
            await topics.produce(range(10, 20))
            await eventually(lambda: slow.left_out >= 10, "more was fetched")
            async with topics.admin() as admin:
                at = TopicPartition(topics.source, 0)
                await admin.delete_records({at: RecordsToDelete(before_offset=kept_from)})
            slow.stands = False
            await topics.produce(range(20, 25))
            await topics.drained()
        assert await topics.accounted() == once([*range(10), *range(kept_from, 25)])
        assert f"deleted records 10 to {kept_from}" in caplog.text

    async def test_is_refused_when_another_version_wrote_the_states(self, kafka: str) -> None:
        """A start is refused, with words, when the application has changed what its states say."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(10))
        async with running(engine_of(topics)):
            await topics.drained()
        engine = engine_of(topics, state_format=2)
        async with started(engine):
            reason = await crashed(engine)
        assert isinstance(reason, StateConflictError)
        assert "holds states of format 1, this version reads format 2" in str(reason)

    async def test_is_refused_when_the_topic_was_made_anew(self, kafka: str) -> None:
        """A start is refused, with words, when the topic was deleted and made again while no worker ran."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(10))
        async with running(engine_of(topics)):
            await topics.drained()
        async with topics.admin() as admin:
            await admin.delete_topics([topics.source])
        await topics.create(only=topics.source)
        engine = engine_of(topics)
        async with started(engine):
            reason = await crashed(engine)
        assert isinstance(reason, StateConflictError)
        assert "ends at 0: the topic was made anew or cut" in str(reason)

    async def test_is_refused_when_partitions_were_added(self, kafka: str) -> None:
        """Partition count: a worker that keeps its memory over the rebalance that follows ends with words, too."""
        topics = await stage(kafka, partitions=1)
        engine = engine_of(topics)
        async with running(engine):
            await topics.produce(range(10))
            await topics.drained()
            async with topics.admin() as admin:
                await admin.create_partitions({topics.source: NewPartitions(2), topics.changelog: NewPartitions(2)})
            thread = engine._thread
            await thread.run(renewed(thread._ensure_consumer()._client))
            reason = await crashed(engine)
        assert isinstance(reason, StateConflictError)
        assert f"with 1 partitions, and {topics.source} has 2: keys are elsewhere" in str(reason)


async def renewed(client: Any) -> None:
    """Metadata as the client would have it by itself within minutes."""
    await client.force_metadata_update()


class Standing(Engine):
    """While it stands, the agent drops what it is given."""

    stands = False
    left_out = 0

    async def _deliver(self, tp: TP, chunk: Chunk) -> None:
        if self.stands:
            self.left_out += len(chunk.records)
        else:
            await super()._deliver(tp, chunk)


async def move_offset(topics: Stage, offset: int) -> None:
    """As an operator's tool does, while no worker runs."""
    consumer = AIOKafkaConsumer(bootstrap_servers=topics.kafka, group_id=topics.group, enable_auto_commit=False)
    await consumer.start()
    try:
        tp = TopicPartition(topics.source, 0)
        consumer.assign([tp])
        await consumer.commit({tp: offset})
    finally:
        await consumer.stop()
