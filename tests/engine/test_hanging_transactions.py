"""Transactions that Kafka has given up without a word in the log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidTxnState

from pipeline.engine.changelog import read_changelog
from pipeline.engine.closing import stop_producer
from pipeline.engine.kafka import KafkaSettings
from pipeline.engine.mark import MARK_KEY, Mark
from tests.engine.running import Notes, engine_of, running
from tests.engine.stage import Stage, eventually, once, stage

pytestmark = pytest.mark.kafka

VERIFICATION = "transaction.partition.verification.enable"
"""With it a broker takes no record of a transaction that its coordinator does not know of."""


@asynccontextmanager
async def unverified(topics: Stage) -> AsyncIterator[None]:
    """The broker takes transactional records that no coordinator knows of."""
    async with topics.admin() as admin:
        (broker,) = admin._client.cluster.brokers()

        async def set_to(value: str) -> None:
            resource = ConfigResource(ConfigResourceType.BROKER, str(broker.nodeId), {VERIFICATION: value})
            for answer in await admin.alter_configs([resource]):
                assert all(code == 0 for code, *_ in answer.resources), answer

        await set_to("false")
        try:
            yield
        finally:
            await set_to("true")


async def leave_hanging(topics: Stage, position: int) -> None:
    """A whole checkpoint of a former owner, up to this position, that is neither committed nor aborted."""

    async def left() -> bool:
        try:
            await _write_and_die(topics, position)
        except InvalidTxnState:  # the broker has not heard yet that it is not to verify
            return False
        return True

    await eventually(left, "records of an unknown transaction are taken")


async def _write_and_die(topics: Stage, position: int) -> None:
    former = KafkaSettings(topics.kafka).transactional_producer(f"{topics.group}-count-0")
    mark = Mark(topics.source, position, topics.partitions, 0, None, 0, -(2**62), 1)
    written = {
        topics.changelog: [(b"key-0-0", b"0,1"), (MARK_KEY, mark.encode())],
        topics.output: [(b"key-0-1", b"2,3,4")],
    }
    await former.start()
    try:
        await former.begin_transaction()
        for topic, records in written.items():
            former._txn_manager._txn_partitions.add(TopicPartition(topic, 0))  # the coordinator is not told
            for key, value in records:
                await (await former.send(topic, key=key, value=value, partition=0))
    finally:
        former._txn_manager.error_transaction(ZeroDivisionError("it dies"))
        assert former._txn_manager._transaction_waiter.exception()
        await stop_producer(former)


async def undecided(topics: Stage, topic: str) -> int:
    """Records that a read_committed reader does not see yet, or never will."""
    return len(await topics.read(topic, "read_uncommitted")) - len(await topics.read(topic))


class TestHangingTransaction:
    async def test_is_aborted_by_the_next_owner(self, kafka: str) -> None:
        """Its results are not committed by the next owner's first checkpoint, and everything is counted once."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(5))
        async with unverified(topics):
            await leave_hanging(topics, 5)
        assert await undecided(topics, topics.output) == 1
        notes = Notes()
        async with running(engine_of(topics, notes)):
            await topics.drained()
            await topics.produce(range(5, 50), keys=1)
            await topics.drained()
        assert notes.failures == []
        assert await topics.accounted() == once(range(50))
        assert await undecided(topics, topics.output) == 1  # aborted

    async def test_is_looked_for_in_vain_as_a_rule(self, kafka: str) -> None:
        """A transaction that Kafka itself ends costs no other."""
        topics = await stage(kafka, partitions=1)
        await topics.produce(range(5))
        async with running(engine_of(topics)):
            await topics.drained()
        before = (await read_changelog(KafkaSettings(kafka), topics.changelog, 0)).end
        async with running(engine_of(topics)) as engine:
            await eventually(lambda: engine.ready, "the engine is ready")
        # The first checkpoint's mark, which is written for the broker's time, and its transaction's marker.
        assert (await read_changelog(KafkaSettings(kafka), topics.changelog, 0)).end == before + 2
