"""What stands on topics."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

_numbers = itertools.count()
RUN = uuid.uuid4().hex[:8]


def new_prefix() -> str:
    """A topic prefix that no other test has."""
    return f"cli-{RUN}-{next(_numbers)}."


def produce(kafka: str, topic: str, values: Iterable[bytes | None], partition: int = 0) -> None:
    """Put values onto a partition, in order."""

    async def run() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=1_000_000) as producer:
            for value in values:
                await producer.send_and_wait(topic, value, key=b"visit", partition=partition)

    asyncio.run(run())


def committed(kafka: str, topic: str) -> list[Any]:
    """Everything on a topic that is committed, parsed."""

    async def run() -> list[Any]:
        async with AIOKafkaConsumer(
            bootstrap_servers=kafka,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        ) as consumer:
            partitions = [TopicPartition(topic, number) for number in range(await _partitions(kafka, topic))]
            consumer.assign(partitions)
            ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
            found: list[Any] = []
            while await _behind(consumer, ends):
                for records in (await consumer.getmany(*partitions, timeout_ms=200)).values():
                    found += [orjson.loads(record.value) for record in records]
            return found

    return asyncio.run(run())


async def _partitions(kafka: str, topic: str) -> int:
    async with _admin(kafka) as client:
        (described,) = await client.describe_topics([topic])
        return len(described["partitions"])


@asynccontextmanager
async def _admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def _behind(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return any([await consumer.position(partition) < end for partition, end in ends.items()])


def delete(kafka: str, topic: str) -> None:
    """Delete a topic, and wait until it is gone."""

    async def run() -> None:
        async with _admin(kafka) as client:
            await client.delete_topics([topic])
            while topic in await client.list_topics():  # noqa: ASYNC110  # only asking tells
                await asyncio.sleep(0.05)

    asyncio.run(run())


def topics_of(kafka: str, prefix: str) -> Sequence[str]:
    """The topics that exist under a prefix."""

    async def run() -> list[str]:
        async with _admin(kafka) as client:
            return sorted(name for name in await client.list_topics() if name.startswith(prefix))

    return asyncio.run(run())
