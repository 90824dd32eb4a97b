"""Reading a changelog partition back, as fast as the broker gives it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.engine.errors import EngineError
from pipeline.engine.fetched import take_chunks
from pipeline.engine.fold import Record
from pipeline.engine.kafka import KafkaSettings
from pipeline.engine.mark import MARK_KEY, Mark, decode_mark

TAIL_RECORDS = 100
"""The mark is the last record of its transaction, so it stands this near to the end, or the whole log is read."""
RECORDS_PER_READ = 20_000
READ_S = 0.2
STALLED_READS = 150
"""A changelog that gives nothing for half a minute before its end was reached is not going to. Not taken from the
clock: a process that was stopped in between has not waited."""


@dataclass(slots=True)
class Changelog:
    """What a changelog partition holds: the last state of each live key, and the last mark if there is one."""

    states: dict[bytes, bytes] = field(default_factory=dict)
    mark: Mark | None = None
    end: int = 0
    records: int = 0


async def read_changelog(kafka: KafkaSettings, topic: str, partition: int) -> Changelog:
    """Read a changelog partition up to its end as it is now.

    Call it only after the partition's transactional producer has started: from then on nobody else writes there,
    and nothing that a former owner left open is still to be decided.

    Raises:
        EngineError: the broker gives no records before the end is reached.
        StateConflictError: the mark is of an unknown format.
    """
    tp = TopicPartition(topic, partition)
    changelog = Changelog()
    async with _reading(kafka, tp) as reader:
        begin = (await reader.beginning_offsets([tp]))[tp]
        changelog.end = (await reader.end_offsets([tp]))[tp]
        async for records in _records(reader, tp, max(begin, changelog.end - TAIL_RECORDS), changelog.end):
            _apply(changelog, records)
        start = begin if changelog.mark is None else max(begin, changelog.mark.low_offset)
        changelog.states.clear()
        changelog.records = 0
        async for records in _records(reader, tp, start, changelog.end):
            _apply(changelog, records)
    return changelog


def _apply(changelog: Changelog, records: list[Record]) -> None:
    states = changelog.states
    changelog.records += len(records)
    for _, _, key, value in records:
        if key == MARK_KEY:
            changelog.mark = decode_mark(value or b"{}")
        elif key is None:
            continue
        elif value is None:
            states.pop(key, None)
        else:
            states[key] = value


@asynccontextmanager
async def _reading(kafka: KafkaSettings, tp: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
    reader = kafka.reader()
    await reader.start()
    try:
        reader.assign([tp])
        yield reader
    finally:
        await reader.stop()


async def _records(reader: AIOKafkaConsumer, tp: TopicPartition, start: int, end: int) -> AsyncIterator[list[Record]]:
    """Everything committed from `start` up to `end`, in lists."""
    if start >= end:
        return
    reader.seek(tp, start)
    without = 0
    while (position := await reader.position(tp)) < end:
        chunk = (await take_chunks(reader, [tp], RECORDS_PER_READ, timeout_s=READ_S)).get(tp)
        if chunk is not None:
            without = 0
            yield chunk.records
            continue
        without += 1
        if without == STALLED_READS:
            waited_s = STALLED_READS * READ_S
            raise EngineError(f"{tp.topic}-{tp.partition} gave nothing for {waited_s:.0f} s at {position} of {end}")
