"""A worker that aiokafka does not let into its group."""

from typing import NoReturn

import pytest

from pipeline.engine.errors import GroupLostError
from tests.engine.running import engine_of, started
from tests.engine.stage import stage

pytestmark = pytest.mark.kafka


class TestMembership:
    async def test_that_ends_before_the_first_assignment_ends_the_start(
        self, kafka: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """aiokafka's coordination may die of an error: a start then does not wait for partitions forever."""  # noqa: D403
        topics = await stage(kafka)
        engine = engine_of(topics)
        monkeypatch.setattr("aiokafka.client.AIOKafkaClient.coordinator_lookup", no_broker)
        async with started(engine):
            assert engine.app.crashed
        assert isinstance(engine.failure, GroupLostError)
        assert "Did we not perform bootstrap?" in str(engine.failure)


async def no_broker(*_: object) -> NoReturn:
    # aiokafka's own words, when the broker's first answer tells of no brokers.
    raise AssertionError("Did we not perform bootstrap?")
