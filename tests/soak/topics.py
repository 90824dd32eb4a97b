"""The topics of a soak: making them, how far the workers have read, and what stands in them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.cli.prepare_topics import prepare_topics
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import KafkaSettings

READ_S: Final = 120.0


def ledger_topic(prefix: str) -> str:
    return f"{prefix}ledger"


class Row(NamedTuple):
    """One record of a topic as a read_committed reader gets it."""

    offset: int
    append_ms: int
    key: bytes | None
    value: bytes | None


async def make_topics(bootstrap: str, names: TopicNames, partitions: int) -> None:
    """As the project makes them, and the ledger with as many partitions."""
    await prepare_topics(KafkaSettings(bootstrap), names, partitions=partitions, replication=1)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(ledger_topic(names.prefix), partitions, 1)])
    finally:
        await admin.close()


async def wait_until_read(bootstrap: str, group: str, topic: str, partitions: int) -> bool:
    """Whether the group's offsets reach the topic's end in time."""
    tps = [TopicPartition(topic, partition) for partition in range(partitions)]
    deadline = time.monotonic() + READ_S
    async with _consumer(bootstrap, group) as consumer:
        ends = await consumer.end_offsets(tps)
        while time.monotonic() < deadline:
            if all([(await consumer.committed(tp) or 0) >= ends[tp] for tp in tps]):
                return True
            await asyncio.sleep(0.5)
    return False


async def read_partition(bootstrap: str, topic: str, partition: int) -> list[Row]:
    """All that is committed there."""
    return [row async for row in _rows(bootstrap, TopicPartition(topic, partition))]


async def _rows(bootstrap: str, tp: TopicPartition) -> AsyncIterator[Row]:
    async with _consumer(bootstrap) as consumer:
        consumer.assign([tp])
        end = (await consumer.end_offsets([tp]))[tp]
        await consumer.seek_to_beginning(tp)
        while await consumer.position(tp) < end:
            for message in (await consumer.getmany(tp, timeout_ms=1_000)).get(tp, ()):
                yield Row(message.offset, message.timestamp, message.key, message.value)


@asynccontextmanager
async def _consumer(bootstrap: str, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
