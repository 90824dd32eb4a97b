"""Worker processes that end or pause at the worst moments."""

import asyncio
import signal
from itertools import count

import pytest

from tests.engine.stage import Stage, once, stage
from tests.engine.worker import Worker, worker

pytestmark = pytest.mark.kafka

WAVE = 40


async def feed(topics: Stage, until: "asyncio.Task[int]") -> int:
    """Produce wave after wave until that task is done; returns how many ids there were."""
    for wave in count():
        await topics.produce(range(wave * WAVE, (wave + 1) * WAVE))
        done, _ = await asyncio.wait([until], timeout=0.1)
        if done:
            return (wave + 1) * WAVE
    raise AssertionError


class TestKill:
    async def test_at_any_step_of_a_checkpoint(self, kafka: str) -> None:
        """Exactly once: a SIGKILL before the send, the offset and the commit, and after it, loses and doubles nothing."""

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
