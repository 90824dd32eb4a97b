"""Taking what aiokafka's consumer has fetched, a chunk a partition."""

import asyncio
import time
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import ConsumerStoppedError

from pipeline.engine.chunk import Chunk, take_records


async def take_chunks(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition], most: int, timeout_s: float
) -> dict[TopicPartition, Chunk]:
    """The next chunk of each of these partitions that has one; waits up to `timeout_s` for the first.

    Moves the consumer's positions, like `getmany`. Runs in the consumer's own event loop.

    Raises:
        ConsumerStoppedError: the consumer has been stopped.
        KafkaError: what a fetch of one of the partitions failed with.
    """
    fetcher = consumer._fetcher
    deadline = time.monotonic() + timeout_s
    with fetcher._subscriptions.fetch_context():
        while True:
            if consumer._closed or fetcher._closed:
                raise ConsumerStoppedError
            if fetcher._subscriptions.reassignment_in_progress:
                return {}
            chunks = {tp: chunk for tp in partitions if (chunk := _take(fetcher, tp, most)) is not None}
            left_s = deadline - time.monotonic()
            if chunks or left_s <= 0:
                return chunks
            waiter = fetcher._create_fetch_waiter()
            done, _ = await asyncio.wait([waiter], timeout=left_s)
            if not done:
                waiter.cancel()
                return {}
            waiter.result()  # raises what the coordinator has against us


def _take(fetcher: Any, tp: TopicPartition, most: int) -> Chunk | None:
    fetched = fetcher._records.get(tp)
    if fetched is None:
        return None
    if type(fetched) is not FetchResult:  # an error stands in its place
        _forget(fetcher, tp)
        fetched.check_raise()
    if not fetched.check_assignment(tp) or not fetched.has_more():
        _forget(fetcher, tp)
        return None
    source = fetched._partition_records
    start = source.next_fetch_offset
    try:
        records = take_records(source, most)
    except Exception:
        _forget(fetcher, tp)
        raise
    fetched._update_position()
    if not source._records.has_next():
        _forget(fetcher, tp)
    return Chunk(start, source.next_fetch_offset, records)


def _forget(fetcher: Any, tp: TopicPartition) -> None:
    """Room for the next fetch of this partition."""
    del fetcher._records[tp]
    fetcher._notify(fetcher._wait_consume_future)
