"""Topics with records on them."""

import asyncio
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


def create(kafka: str, *names: str) -> None:
    """Topics as the pipeline has them: times are the broker's."""

    async def run() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await client.start()
        settings = {"message.timestamp.type": "LogAppendTime"}
        try:
            await client.create_topics([NewTopic(name, 1, 1, topic_configs=settings) for name in names])
            while not set(names) <= set(await client.list_topics()):  # noqa: ASYNC110  # only asking tells
                await asyncio.sleep(0.05)
        finally:
            await client.close()

    _finish(run())


def write(kafka: str, topic: str, values: Iterable[bytes]) -> None:
    """Put values onto a topic."""

    async def run() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5) as producer:
            for sent in [await producer.send(topic, value, key=b"key") for value in values]:
                await sent

    _finish(run())


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: in this one Playwright may have its loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
