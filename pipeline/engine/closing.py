"""Ending aiokafka's clients, whether the broker answers or not.

Their own `stop` waits for what only a broker can end, and when that is given up it leaves tasks behind that go on
trying. The consumer's, moreover, fails when it meets a fetch that waits for its next try.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import ProducerClosed

POLITE_S = 0.7
"""A broker that answers takes a few ms."""
ROUND_S = 0.05
ROUNDS = 20


async def stop_producer(producer: AIOKafkaProducer) -> None:
    """Stop it, whatever state it is in; what it still had to send may or may not arrive."""
    if await _in_time(producer.stop()):
        return
    unsent = producer._message_accumulator
    batches = [*chain.from_iterable(unsent._batches.values()), *unsent._pending_batches]
    unsent.fail_all(ProducerClosed())
    for batch in batches:
        if not batch.future.cancelled():
            batch.future.exception()  # seen, though nobody asks any more
    sender = producer._sender
    if sender is not None and sender.sender_task is not None:
        await _end(sender.sender_task)
    await _in_time(producer.client.close())


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group if the broker is there to be told, and stop."""
    coordinator, fetcher = consumer._coordinator, consumer._fetcher
    if coordinator is not None and not await _in_time(coordinator.close()):
        await _end(coordinator._coordination_task)
    if fetcher is not None:
        await _end(fetcher._fetch_task)
        for fetch in fetcher._pending_tasks:
            await _end(fetch)
        fetcher._pending_tasks.clear()
    await _in_time(consumer.stop())


async def _in_time(work: Awaitable[Any]) -> bool:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(work, POLITE_S)
        return True
    return False


async def _end(task: "asyncio.Task[Any]") -> None:
    """Cancel it, and again what it waits for in its clearing up."""
    for _ in range(ROUNDS):
        if task.done():
            return
        task.cancel()
        await asyncio.wait([task], timeout=ROUND_S)
