"""Made-up users beside a test."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaProducer

from pipeline.cli.up.users import HistoryFirst
from pipeline.simulator import parse_incident
from pipeline.simulator.feed import PRODUCER_SETTINGS, feed

OUTAGE = "RBC:RETRY_LATER:0.9@0s+1h"
AGO_S = 90
"""How long the outage has been going on when the users are let in: there is a whole minute of it."""


@contextmanager
def users(kafka: str, topic: str, *, seed: int = 7, ago_s: float = AGO_S) -> Iterator[None]:
    """Made-up ones, who came from 20 minutes ago on and go on to come, with an outage for some time."""
    began_ms = time.time_ns() // 1_000_000 - round(ago_s * 1000)
    simulation = HistoryFirst(seed, 600.0, began_ms, (parse_incident(OUTAGE),))
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
