"""Made-up events on a real topic."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.simulator import START_MS, Simulation
from pipeline.simulator.feed import PRODUCER_SETTINGS, Fed, feed

PARTITIONS = 3


@asynccontextmanager
async def producing(kafka: str, topic: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer, and the topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, **PRODUCER_SETTINGS)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def on_topic(kafka: str, topic: str) -> list[list[tuple[bytes, bytes]]]:
    """(key, value) of each record of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[list[tuple[bytes, bytes]]] = [[] for _ in partitions]
        while sum(map(len, found)) < sum(ends.values()):
            for partition, records in (await consumer.getmany(timeout_ms=1_000)).items():
                found[partition.partition] += [(record.key, record.value) for record in records]
        return found
    finally:
        await consumer.stop()


def simulation(start_ms: int = START_MS) -> Simulation:
    """500 users, the same at each call."""
    return Simulation(9, 600, start_ms, users=500)


class TestFeed:
    def test_all_in_order(self, kafka: str) -> None:
        """As fast as it goes, every event is on the topic once, in order of its key."""

        async def run() -> tuple[Fed, list[list[tuple[bytes, bytes]]]]:
            async with producing(kafka, "feed-all") as producer:
                fed = await feed(simulation(), producer, "feed-all", real_time=False)
            return fed, await on_topic(kafka, "feed-all")

        fed, found = asyncio.run(run())
        expected: dict[bytes, list[bytes]] = {}
        for _, key, value in simulation().events():
            expected.setdefault(key, []).append(value)
        arrived: dict[bytes, list[bytes]] = {}
        for key, value in (record for partition in found for record in partition):
            arrived.setdefault(key, []).append(value)
        assert arrived == expected
        assert fed.taken == fed.acknowledged == sum(map(len, expected.values()))
        assert all(found)

    def test_same_partition_as_send(self, kafka: str) -> None:
        """A key goes where Kafka's own partitioner would put it."""

        async def run() -> None:
            async with producing(kafka, "feed-partition") as producer:
                await feed(simulation(), producer, "feed-partition", real_time=False, max_events=200)
                found = await on_topic(kafka, "feed-partition")
                for number, records in enumerate(found):
                    key = records[0][0]
                    sent = await producer.send_and_wait("feed-partition", key=key, value=b"{}")
                    assert sent.partition == number

        asyncio.run(run())

    def test_max_events(self, kafka: str) -> None:
        """It stops after as many events as asked for."""

        async def run() -> tuple[Fed, int]:
            async with producing(kafka, "feed-max") as producer:
                fed = await feed(simulation(), producer, "feed-max", real_time=False, max_events=777)
            return fed, sum(map(len, await on_topic(kafka, "feed-max")))

        fed, found = asyncio.run(run())
        assert fed.taken == fed.acknowledged == found == 777

    def test_real_time(self, kafka: str) -> None:
        """A history comes at once, and what follows when the clock reaches it."""

        async def run() -> tuple[Fed, int, int]:
            begun_ms = time.time_ns() // 1_000_000
            fed = Fed()
            async with producing(kafka, "feed-real-time") as producer:
                endless = Simulation(9, 6_000, begun_ms - 60_000, keep_truth=False)
                feeding = asyncio.create_task(feed(endless, producer, "feed-real-time", fed=fed))
                while fed.delivered_ms < begun_ms + 500:
                    assert fed.delivered_ms <= time.time_ns() // 1_000_000
                    await asyncio.sleep(0.01)
                feeding.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await feeding
            return fed, time.time_ns() // 1_000_000 - begun_ms, sum(map(len, await on_topic(kafka, "feed-real-time")))

        fed, took_ms, found = asyncio.run(run())
        assert took_ms >= 500
        assert fed.taken > 2_000
        assert found == fed.acknowledged == fed.taken

    def test_slow_broker(self, kafka: str) -> None:
        """While the broker acknowledges nothing, only a few batches are taken from the simulation."""

        async def run() -> int:
            async with producing(kafka, "feed-slow") as producer:
                send, open_again = producer.send_batch, asyncio.Event()

                async def held(*args: object, **kwargs: object) -> object:
                    await open_again.wait()
                    return await send(*args, **kwargs)

                producer.send_batch = held
                fed = Fed()
                feeding = asyncio.create_task(
                    feed(Simulation(9, 6_000, START_MS), producer, "feed-slow", real_time=False, fed=fed)
                )
                before = -1
                while fed.taken != before or not fed.taken:
                    before = fed.taken
                    await asyncio.sleep(0.3)
                open_again.set()
                feeding.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await feeding
                assert fed.acknowledged == fed.taken
                return before

        assert asyncio.run(run()) < 4 * PARTITIONS * 1_000

    def test_refused(self, kafka: str) -> None:
        """What the broker refuses for good ends the feeding with its error."""

        async def run() -> None:
            async with producing(kafka, "feed-refused") as producer:

                async def refuse(*_: object, **__: object) -> None:
                    raise ConnectionError("refused")

                producer.send_batch = refuse
                await feed(simulation(), producer, "feed-refused", real_time=False)

        with pytest.raises(ConnectionError, match="refused"):
            asyncio.run(run())
