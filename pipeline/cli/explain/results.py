"""Finding a session's results on flinks.sessions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiokafka import TopicPartition

from pipeline.cli.explain.needle import Needle
from pipeline.cli.explain.topic_reader import Offsets, TopicReader

HOUR_MS: Final = 3_600_000
SLICES_MS: Final = (HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
"""The newest hour is looked through first, for that is what most questions are about."""
REVISIONS_MS: Final = 3 * HOUR_MS
"""All revisions of a visit's results come within this time: its two hours, and the time for late events."""


@dataclass(frozen=True, slots=True)
class Told:
    """A record of flinks.sessions."""

    partition: int
    append_ms: int
    result: dict[str, Any]

    @property
    def key(self) -> str:
        return key_of(self.result)


async def find_results(
    reader: TopicReader, partitions: Sequence[TopicPartition], wanted: str, *, since_ms: int, now_ms: int
) -> list[Told]:
    """The results of the visits to which the newest sessions with this id belong, in order.

    Args:
        reader: to read with.
        partitions: of flinks.sessions.
        wanted: a request_id, connect_session_id or session_id.
        since_ms: how far back to look.
        now_ms: the time.
    """
    ends = await reader.ends(partitions)
    for back_ms in sorted({*(ms for ms in SLICES_MS if ms < since_ms), since_ms}):
        starts = await reader.at(partitions, now_ms - back_ms)
        hits = await _look(reader, starts, ends, Needle(wanted), lambda result: means(result, wanted))
        if hits:
            return await _with_their_visits(reader, partitions, hits)
        ends = starts
    return []


def key_of(result: dict[str, Any]) -> str:
    """Of the events that it was made of."""
    key: str = result["connect_session_id"] or result["request_id"]
    return key


def means(result: dict[str, Any], wanted: str) -> bool:
    """Whether the id is one of this result's."""
    return wanted in {result["request_id"], result["connect_session_id"], result["session_id"]}


async def _with_their_visits(
    reader: TopicReader, partitions: Sequence[TopicPartition], hits: Sequence[Told]
) -> list[Told]:
    """Also the other sessions of the same record keys, and what was told before under another request_id."""
    keys = {hit.key for hit in hits}
    where = {hit.partition for hit in hits}
    there = [tp for tp in partitions if tp.partition in where]
    starts = await reader.at(there, min(hit.append_ms for hit in hits) - REVISIONS_MS)
    ends = await reader.at(there, max(hit.append_ms for hit in hits) + REVISIONS_MS)
    return await _look(reader, starts, ends, Needle(*keys), lambda result: key_of(result) in keys)


async def _look(
    reader: TopicReader, starts: Offsets, ends: Offsets, needle: Needle, accept: Callable[[dict[str, Any]], bool]
) -> list[Told]:
    found = []
    async for partition, records in reader.read("looking for results", starts, ends):
        for record in filter(needle, records):
            result = orjson.loads(record[3] or b"null")
            if accept(result):
                found.append(Told(partition, record[1], result))
    return found
