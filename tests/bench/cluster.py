"""The broker, topics of one run under a prefix of their own, and where a consumer group stands."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from pipeline.broker import Broker
from pipeline.simulator.feed import PRODUCER_SETTINGS
from tests.bench.stream import PARTITIONS, Keyed

_IN_FLIGHT = 6
"""Batches of a partition that wait for the broker's word."""
_TURN_RECORDS = 2_000


@contextmanager
def broker(address: str | None) -> Iterator[str]:
    """The address of a broker: yours, or an embedded one for as long as this lasts."""
    if address is not None:
        yield address
        return
    with Broker() as embedded:
        yield embedded.bootstrap


def new_prefix() -> str:
    """For the topics of one run."""
    return f"bench-{secrets.token_hex(4)}."


async def fill(bootstrap: str, topic: str, records: Iterable[Keyed]) -> list[int]:
    """Put records onto a topic as fast as it goes; returns how many each partition got."""
    counts = [0] * PARTITIONS
    async with producer(bootstrap) as to_broker:
        batches = [to_broker.create_batch() for _ in range(PARTITIONS)]
        sent: list[list[asyncio.Future[Any]]] = [[] for _ in range(PARTITIONS)]

        async def ship(partition: int) -> None:
            if len(sent[partition]) >= _IN_FLIGHT:
                await sent[partition].pop(0)
            batches[partition].close()
            sent[partition].append(await to_broker.send_batch(batches[partition], topic, partition=partition))
            batches[partition] = to_broker.create_batch()

        waiting = iter(records)
        while turn := list(islice(waiting, _TURN_RECORDS)):
            for partition, key, value in turn:
                while batches[partition].append(key=key, value=value, timestamp=None) is None:
                    await ship(partition)
                counts[partition] += 1
            await asyncio.sleep(0)
        for partition in range(PARTITIONS):
            if batches[partition].record_count():
                await ship(partition)
            await asyncio.gather(*sent[partition])
    return counts


@asynccontextmanager
async def producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """One that is made for many events."""
    to_broker = AIOKafkaProducer(bootstrap_servers=bootstrap, **PRODUCER_SETTINGS)
    await to_broker.start()
    try:
        yield to_broker
    finally:
        await to_broker.stop()


@asynccontextmanager
async def admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def read_topic(bootstrap: str, topic: str, partition: int) -> list[bytes]:
    """All committed values of a partition up to its end as it is now."""
    tp = TopicPartition(topic, partition)
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8 << 20,
    )
    await reader.start()
    try:
        reader.assign([tp])
        end = (await reader.end_offsets([tp]))[tp]
        values: list[bytes] = []
        while await reader.position(tp) < end:
            for records in (await reader.getmany(tp, timeout_ms=500)).values():
                values += [record.value for record in records if record.value is not None]
        return values
    finally:
        await reader.stop()


async def wait_consumed(
    bootstrap: str, group: str, topic: str, counts: list[int], *, timeout_s: float, still: Callable[[], None]
) -> None:
    """Until the group has committed every record of the topic, which holds so many in each partition.

    `still` is asked again and again, and raises when there is no use in waiting.

    Raises:
        TimeoutError: it has not; the message tells how far it is.
    """
    ends = {TopicPartition(topic, partition): count for partition, count in enumerate(counts)}
    stands: dict[TopicPartition, int] = {}
    async with admin(bootstrap) as client:
        try:
            async with asyncio.timeout(timeout_s):
                while stands != ends:
                    await asyncio.sleep(0.05)
                    still()
                    try:
                        offsets = await client.list_consumer_group_offsets(group)
                    except GroupCoordinatorNotAvailableError:
                        continue  # the first group of a new broker
                    stands = {tp: offset.offset for tp, offset in offsets.items() if tp in ends}
        except TimeoutError:
            raise TimeoutError(f"group {group} stands at {stands}, {topic} ends at {ends}") from None
