"""Worker processes that end or pause at the worst moments."""

import asyncio
import signal
from itertools import count
from typing import Any

import pytest

from tests.engine.stage import Stage, once, stage
from tests.engine.worker import worker

pytestmark = pytest.mark.kafka

WAVE = 40
NO_HEARTBEAT_MS = 1_000_000


async def feed(topics: Stage, until: "asyncio.Task[Any]", first_wave: int = 0) -> int:
    """Produce wave after wave until that task is done; returns how many ids there were, earlier waves included."""
    for wave in count(first_wave):
        await topics.produce(range(wave * WAVE, (wave + 1) * WAVE))
        done, _ = await asyncio.wait([until], timeout=0.1)
        if done:
            return (wave + 1) * WAVE
    raise AssertionError


class TestKill:
    async def test_at_any_step_of_a_checkpoint(self, kafka: str) -> None:
        """Exactly once: a SIGKILL before send, offset and commit, and after it, loses nothing and doubles nothing."""

        async def scenario(step: str) -> None:
            topics = await stage(kafka)
            async with worker(topics, stop_at=(step, 5)) as first:
                produced = await feed(topics, asyncio.create_task(first.ended()))
                assert first.process.returncode == -signal.SIGKILL
            async with worker(topics) as second:
                await topics.drained()
                assert second.count("restored") == topics.partitions
                assert second.count("failed") == 0
                assert await second.stop() == 0
            assert await topics.accounted() == once(range(produced))

        async with asyncio.TaskGroup() as group:
            for step in ("send", "send_offset", "commit", "committed"):
                group.create_task(scenario(step))


class TestPause:
    async def test_until_the_partitions_are_gone(self, kafka: str) -> None:
        """Zombie: a worker that is stopped in a checkpoint until another one has its partitions, and then goes on.

        What it had open is fenced; it comes back as a member and does not fence the healthy owner; nothing comes twice.
        """
        topics = await stage(kafka)
        async with worker(topics, stop_at=("commit", 5), by=signal.SIGSTOP) as zombie:
            produced = await feed(topics, asyncio.create_task(zombie.is_paused()))
            async with worker(topics) as healthy:
                await healthy.says("restored", 2)
                await topics.drained()
                zombie.send(signal.SIGCONT)
                # It joins again and gets one of the two partitions back, by a rebalance and not by force.
                await zombie.says("assigned", 2)
                await zombie.says("restored", 3)
                await topics.produce(range(produced, produced + WAVE))
                await topics.drained()
                assert zombie.count("failed") >= 1
                assert healthy.count("failed") == 0
                assert await healthy.stop() == 0
                assert await zombie.stop() == 0
        assert await topics.accounted() == once(range(produced + WAVE))

    async def test_inside_a_restore(self, kafka: str) -> None:
        """Zombie: one that is stopped in a restore finds on waking that it is not the owner, and goes no further.

        Before it asked the group, it fences nobody. Between the answer and its producer's start it fences the healthy
        owner once, which restores in place and keeps the partition. No heartbeat comes in time to tell it.
        """

        async def scenario(step: str, fenced: int) -> None:
            topics = await stage(kafka, partitions=1)
            await topics.produce(range(WAVE))
            async with worker(topics, stop_at=(step, 1), by=signal.SIGSTOP, heartbeat_ms=NO_HEARTBEAT_MS) as zombie:
                await zombie.is_paused()
                async with worker(topics) as healthy:
                    await healthy.says("restored")
                    await topics.drained()
                    zombie.send(signal.SIGCONT)
                    produced = await feed(topics, asyncio.create_task(zombie.says("not a member")), first_wave=1)
                    await topics.drained()
                    assert zombie.count("restored") == 0
                    assert healthy.count("failed") == fenced
                    assert await healthy.stop() == 0
                    assert await zombie.stop() == 0
            assert await topics.accounted() == once(range(produced))

        async with asyncio.TaskGroup() as group:
            group.create_task(scenario("ask", 0))
            group.create_task(scenario("fence", 1))
