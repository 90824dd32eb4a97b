"""What the client knows of the topic, and when it knows nothing."""

import pytest

from pipeline.engine import Engine
from tests.engine.running import engine_of, running
from tests.engine.stage import eventually, once, stage

pytestmark = pytest.mark.kafka


class TestMetadata:
    async def test_without_the_topic_keeps_a_group_without_work_for_seconds_only(self, kafka: str) -> None:
        """A broker that has just started may not know the partitions; the group must not wait for minutes then."""
        topics = await stage(kafka)
        engine = engine_of(topics)
        async with running(engine):
            await topics.produce(range(10))
            await topics.drained()

            async def without_work() -> bool:
                await forget(engine, topics.source)
                return not engine.tasks

            await eventually(without_work, "the leader gives nobody anything")
            await topics.produce(range(10, 20))
            await eventually(lambda: len(engine.tasks) == topics.partitions, "partitions are given out again", 20)
            await topics.drained()
        assert await topics.accounted() == once(range(20))


async def forget(engine: Engine, topic: str) -> None:
    """Let the consumer, the leader of its group, not know the topic, and join again."""
    thread = engine._thread

    async def rejoin() -> None:
        consumer = thread._ensure_consumer()
        consumer._client.cluster._partitions.pop(topic, None)
        consumer._coordinator.request_rejoin()

    await thread.run(rejoin())
