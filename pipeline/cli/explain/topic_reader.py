"""Reading parts of topics, from one offset or time to another."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from pipeline.cli.failures import TopicsError
from pipeline.engine.fetched import take_chunks
from pipeline.engine.fold import Record
from pipeline.engine.kafka import KafkaSettings

Offsets = Mapping[TopicPartition, int]

RECORDS_PER_READ: Final = 20_000
WAIT_S: Final = 0.2
STALLED_S: Final = 30.0
"""A partition that gives nothing for this long before the end that was asked for is not going to."""


class TopicReader:
    """Reads what is committed; on a terminal it tells on stderr how far it is."""

    def __init__(self, consumer: AIOKafkaConsumer, progress: Progress) -> None:
        """Takes a consumer that was started, without a group."""
        self._consumer = consumer
        self._progress = progress

    async def ends(self, partitions: Iterable[TopicPartition]) -> Offsets:
        """Behind the last committed record of each."""
        found: Offsets = await self._consumer.end_offsets(list(partitions))
        return found

    async def at(self, partitions: Iterable[TopicPartition], time_ms: int) -> Offsets:
        """Of each the first offset that was appended at this time or later, the end if there is none."""
        wanted = list(partitions)
        ends = await self.ends(wanted)
        found = await self._consumer.offsets_for_times(dict.fromkeys(wanted, max(0, time_ms)))
        return {tp: found[tp].offset if found.get(tp) is not None else ends[tp] for tp in wanted}

    async def read(self, what: str, starts: Offsets, ends: Offsets) -> AsyncIterator[tuple[int, list[Record]]]:
        """Partition and records, in the order of each partition.

        Raises:
            TopicsError: a partition gives nothing more before its end.
        """
        left = {tp: start for tp, start in starts.items() if start < ends[tp]}
        if not left:
            return
        task = self._progress.add_task(what, total=sum(ends[tp] - start for tp, start in left.items()))
        self._consumer.assign(list(left))
        for tp, start in left.items():
            self._consumer.seek(tp, start)
        moved_at = time.monotonic()
        while left:
            chunks = await take_chunks(self._consumer, list(left), RECORDS_PER_READ, WAIT_S)
            for tp, chunk in chunks.items():
                moved_at = time.monotonic()
                self._progress.advance(task, min(chunk.end, ends[tp]) - left[tp])
                left[tp] = chunk.end
                yield tp.partition, [record for record in chunk.records if record[0] < ends[tp]]
            for tp in list(left):
                if max(left[tp], await self._consumer.position(tp)) >= ends[tp]:
                    self._consumer.pause(tp)
                    del left[tp]
            if time.monotonic() - moved_at > STALLED_S:
                where = ", ".join(f"{tp.topic}-{tp.partition}" for tp in left)
                raise TopicsError(f"nothing came for {STALLED_S:.0f} s from {where}, though there is more; try again")
        self._progress.remove_task(task)


@asynccontextmanager
async def topic_reader(kafka: KafkaSettings) -> AsyncIterator[TopicReader]:
    """A reader, for as long as the context lasts."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    consumer = kafka.reader()
    await consumer.start()
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            yield TopicReader(consumer, progress)
    finally:
        await consumer.stop()
