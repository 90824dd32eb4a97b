"""Several workers of a group: who has which partition, and what moves when one comes or goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest

from pipeline.engine import Engine, transport
from pipeline.engine import engine as engine_module
from pipeline.engine.checkpoint import Checkpoint
from tests.engine.running import NEVER_S, Notes, engine_of, started
from tests.engine.stage import Stage, eventually, once, stage

pytestmark = pytest.mark.kafka

HEARTBEAT_MS = 200
POLL_INTERVAL_S = 0.5


@pytest.fixture(autouse=True)
def quick_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member learns of a rebalance by its next heartbeat."""
    monkeypatch.setattr(transport, "HEARTBEAT_MS", HEARTBEAT_MS)


class Member:
    """One engine of a group, with what it told."""

    def __init__(self, topics: Stage, checkpoint: type[Checkpoint] = Checkpoint, **job: Any) -> None:
        self.notes = Notes()
        self.engine = engine_of(topics, self.notes, **job)
        self.engine.checkpoint_type = checkpoint

    @property
    def partitions(self) -> set[int]:
        """Those that run."""
        return {task.tp.partition for task in self.engine.tasks.values() if task.running}

    @property
    def folds(self) -> dict[int, int]:
        return {tp.partition: id(task.fold) for tp, task in self.engine.tasks.items()}

    @property
    def restored(self) -> list[int]:
        return [partition for partition, *_ in self.notes.restores]


async def shared(topics: Stage, *members: Member) -> None:
    """Wait until all partitions run, spread as evenly as can be over these members and no others."""
    share = topics.partitions / len(members)

    def is_shared() -> bool:
        parts = [member.partitions for member in members]
        even = all(int(share) <= len(part) <= -int(-share // 1) for part in parts)
        return even and set().union(*parts) == set(range(topics.partitions)) and all(m.engine.ready for m in members)

    await eventually(is_shared, f"shared by {len(members)}")


class Feed:
    """Produces until it is closed; `ids` is how many there were."""

    ids = 0


@asynccontextmanager
async def feeding(topics: Stage) -> AsyncIterator[Feed]:
    feed, stop = Feed(), asyncio.Event()

    async def produce() -> None:
        for wave in count():
            if stop.is_set():
                return
            await topics.produce(range(wave * 40, wave * 40 + 40))
            feed.ids += 40

    async with asyncio.TaskGroup() as group:
        group.create_task(produce())
        try:
            yield feed
        finally:
            stop.set()


class TestGroup:
    async def test_moves_only_what_it_must(self, kafka: str) -> None:
        """Sticky: of 6 partitions a second worker takes 3, a third 2, and what stays keeps memory and producer.

        So nothing is restored again over an eager revoke, one that leaves gives up only its own, and nothing is lost.
        """
        topics = await stage(kafka, partitions=6)
        first, second, third = (Member(topics) for _ in range(3))
        async with started(first.engine):
            async with feeding(topics) as feed:
                await shared(topics, first)
                folds, producers = first.folds, {id(task.producer) for task in first.engine.tasks.values()}
                async with started(second.engine):
                    await shared(topics, first, second)
                    assert sorted(first.restored) == [0, 1, 2, 3, 4, 5]
                    assert len(second.restored) == 3
                    assert first.folds.items() <= folds.items()
                    assert {id(task.producer) for task in first.engine.tasks.values()} <= producers
                    async with started(third.engine):
                        await shared(topics, first, second, third)
                        assert len(first.restored) == 6
                        assert len(second.restored) == 3
                        assert len(third.restored) == 2
                        before = first.partitions, second.partitions
                    await shared(topics, first, second)
                    assert before[0] < first.partitions
                    assert before[1] < second.partitions
                    assert len(first.restored) + len(second.restored) == 6 + 3 + 2
                await shared(topics, first)
            await topics.drained()
        assert [member.notes.failures for member in (first, second, third)] == [[], [], []]
        assert await topics.accounted() == once(range(feed.ids))

    async def test_loses_nothing_when_the_revokes_checkpoint_fails(self, kafka: str) -> None:
        """An abort during a revoke: memory is dead, the new owner and the old one read on from the last mark."""
        topics = await stage(kafka, partitions=2)
        fail = True

        class Failing(Checkpoint):
            async def commit(self) -> None:
                if fail:
                    raise ZeroDivisionError
                await super().commit()

        # Its timer never comes, so the revoke's checkpoint is the first.
        first, second = Member(topics, Failing, checkpoint_s=NEVER_S), Member(topics)
        tasks = first.engine.tasks.values()
        async with started(first.engine):
            await shared(topics, first)
            async with feeding(topics) as feed:
                await eventually(lambda: all(task.records > 0 for task in tasks), "records of both partitions")
                async with started(second.engine):
                    await shared(topics, first, second)
                    fail = False
                    await eventually(lambda: second.notes.records > 0, "the second commits")
                await shared(topics, first)
        async with started(Member(topics).engine):
            await topics.drained()
        assert [type(reason) for _, reason in first.notes.failures] == [ZeroDivisionError] * 2
        assert first.engine.failure is None
        assert await topics.accounted() == once(range(feed.ids))

    async def test_loses_nothing_when_the_revokes_checkpoint_hangs(
        self, kafka: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A revoke does not wait for a checkpoint that hangs: it is given up, and partitions go to their new owner."""
        monkeypatch.setattr(engine_module, "CHECKPOINT_TIMEOUT_S", NEVER_S)
        topics = await stage(kafka, partitions=2)
        hang = asyncio.Event()

        class Hanging(Checkpoint):
            async def commit(self) -> None:
                if hang.is_set():
                    await asyncio.Event().wait()
                await super().commit()

        class Hasty(Engine):
            async def suspend(self, within_s: float = 0.2) -> None:
                await super().suspend(within_s)

        first, second = Member(topics, Hanging, engine_type=Hasty), Member(topics)
        async with started(first.engine):
            await shared(topics, first)
            async with feeding(topics) as feed:
                await eventually(lambda: first.notes.records > 0, "the first commits")
                hang.set()
                async with started(second.engine):
                    await shared(topics, first, second)
                    hang.clear()
                    await eventually(lambda: second.notes.records > 0, "the second commits")
                await shared(topics, first)
            await topics.drained()
        assert first.engine.failure is None
        assert await topics.accounted() == once(range(feed.ids))

    async def test_keeps_a_worker_without_partitions(self, kafka: str) -> None:
        """A spare worker, idle for longer than the poll interval, is still there when the other one goes."""
        topics = await stage(kafka, partitions=1)
        first, spare = Member(topics), Member(topics)
        spare.engine.app.conf.broker_max_poll_interval = POLL_INTERVAL_S
        async with started(first.engine):
            await shared(topics, first)
            async with started(spare.engine):
                await eventually(lambda: spare.engine.ready, "the spare joined")
                # Its leaving would be on a timer, at the next heartbeat after the interval: nothing to wait for.
                await asyncio.sleep(2 * POLL_INTERVAL_S)
                assert spare.partitions == set()
                await first.engine.app.stop()
                await shared(topics, spare)
                await topics.produce(range(10))
                await topics.drained()
        assert await topics.accounted() == once(range(10))
