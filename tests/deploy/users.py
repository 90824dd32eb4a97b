"""Made-up users beside a test."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaProducer

from pipeline.cli.up.users import HistoryFirst
from pipeline.simulator.feed import PRODUCER_SETTINGS, feed


@contextmanager
def users(kafka: str, topic: str) -> Iterator[None]:
    """Made-up ones, who came from 20 minutes ago on and go on to come."""
    simulation = HistoryFirst(7, 600.0, time.time_ns() // 1_000_000, ())
    loop = asyncio.new_event_loop()

    async def come() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka, **PRODUCER_SETTINGS) as producer:
            await feed(simulation, producer, topic)

    coming = loop.create_task(come())

    def run() -> None:
        loop.run_until_complete(asyncio.wait([coming]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(coming.cancel)
        thread.join()
        loop.close()
