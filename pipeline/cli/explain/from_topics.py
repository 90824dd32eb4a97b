"""Explaining sessions from the topics: first the results, then the events that they were made of."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2

from pipeline.cli.broker_topics import FoundTopic, find_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.explain.needle import Needle
from pipeline.cli.explain.results import HOUR_MS, Told, find_results, means
from pipeline.cli.explain.topic_reader import TopicReader, topic_reader
from pipeline.cli.failures import Failure, TopicsError
from pipeline.cli.topic_plan import DAY_MS, TopicNames
from pipeline.engine.kafka import KafkaSettings
from pipeline.flinks.event import Unusable, read
from pipeline.flinks.times import parse_ms
from pipeline.sessions.explain import Explanation, Replay, explain
from pipeline.sessions.rules import DATA_REACH_MS, DISORDER_MS, LIMIT_MS

RESULTS_SINCE_MS: Final = 7 * DAY_MS
"""The events of older results are gone, unless somebody keeps them longer."""
OPEN_SINCE_MS: Final = 3 * HOUR_MS
"""A session without a result is younger: two hours, and the longest gap after them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the events of a record key stand."""

    key: str
    partition: int
    from_ms: int
    to_ms: int | None
    """None: up to the end."""


def explain_topics(kafka: KafkaSettings, names: TopicNames, wanted: str, *, since_ms: int | None) -> list[Explanation]:
    """The sessions that an id means, in order of record keys and start.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicsError: there are no such topics, or one gives nothing.
        Failure: nothing is found.
    """
    return asyncio.run(_explain(kafka, names, wanted, since_ms))


async def _explain(kafka: KafkaSettings, names: TopicNames, wanted: str, since_ms: int | None) -> list[Explanation]:
    async with admin_client(kafka) as client:
        topics = await find_topics(client, [names.events, names.sessions])
    if missing := [name for name in (names.events, names.sessions) if name not in topics]:
        raise TopicsError(f"topics are missing: {', '.join(missing)}; see --topic-prefix")
    now_ms = time.time_ns() // 1_000_000
    results_ms, open_ms = since_ms or RESULTS_SINCE_MS, since_ms or OPEN_SINCE_MS
    events, sessions = (_partitions(name, topics[name]) for name in (names.events, names.sessions))
    async with topic_reader(kafka) as reader:
        told = await find_results(reader, sessions, wanted, since_ms=results_ms, now_ms=now_ms)
        places = (
            _places_of_results(told, wanted, len(events), len(sessions))
            if told
            else await _places_of_events(reader, events, wanted, now_ms - open_ms)
        )
        explanations = []
        for place in places:
            results = [each.result for each in told if each.key == place.key]
            replay = await _replay(reader, names.events, place, now_ms)
            explanations += explain(replay, wanted, results)
    if not explanations:
        raise Failure(_not_found(wanted, names, topics, results_ms, open_ms))
    return explanations


def _partitions(name: str, topic: FoundTopic) -> list[TopicPartition]:
    return [TopicPartition(name, number) for number in range(topic.partitions)]


def _places_of_results(told: Sequence[Told], wanted: str, events: int, sessions: int) -> list[Place]:
    """Where the events of these results stand; `events` and `sessions` are the topics' partition counts.

    An event is appended after its own time, and no window is longer than its limit. Nothing that comes after the
    last result and the window's own time is used, so that reading ends there.
    """
    places = []
    for key in sorted({each.key for each in told if means(each.result, wanted)}):
        found = [each for each in told if each.key == key and means(each.result, wanted)]
        ended_ms = [parse_ms(each.result["ended_at"]) for each in found]
        # A worker writes results to the partition of the same number as their events', if there are so many.
        partition = found[0].partition if sessions >= events else partition_of(key, events)
        appended_ms = max(each.append_ms for each in found)
        until_ms = max(ended_ms) + DATA_REACH_MS + DISORDER_MS
        places.append(Place(key, partition, min(ended_ms) - LIMIT_MS, max(appended_ms, until_ms) + 1))
    return places


async def _places_of_events(
    reader: TopicReader, partitions: Sequence[TopicPartition], wanted: str, from_ms: int
) -> list[Place]:
    """Where the events of sessions without a result stand, found by looking through all since a time."""
    needle = Needle(wanted)
    found: dict[str, Place] = {}
    ends = await reader.ends(partitions)
    async for partition, records in reader.read("looking for events", await reader.at(partitions, from_ms), ends):
        for record in filter(needle, records):
            try:
                event, time_ms, _ = read(record[3])
            except Unusable:
                continue
            if wanted in {event.request_id, event.connect_session_id}:
                key = event.connect_session_id or event.request_id or ""
                found.setdefault(key, Place(key, partition, min(time_ms, record[1]) - LIMIT_MS, None))
    return [found[key] for key in sorted(found)]


async def _replay(reader: TopicReader, topic: str, place: Place, now_ms: int) -> Replay:
    tp = TopicPartition(topic, place.partition)
    end = (await reader.ends([tp]))[tp]
    until = end if place.to_ms is None else (await reader.at([tp], place.to_ms))[tp]
    replay = Replay(place.key)
    async for _, records in reader.read("reading its events", await reader.at([tp], place.from_ms), {tp: until}):
        replay.take(records)
    if until == end:
        replay.idle(now_ms)
    return replay


def partition_of(key: str, partitions: int) -> int:
    """Where Kafka's own producers put a key."""
    number: int = murmur2(key.encode())
    return (number & 0x7FFF_FFFF) % partitions


def _not_found(wanted: str, names: TopicNames, topics: Mapping[str, FoundTopic], results_ms: int, open_ms: int) -> str:
    return (
        f"nothing of {wanted} in the last {_span(results_ms)} on {names.sessions} ({_kept(topics[names.sessions])}) "
        f"nor in the last {_span(open_ms)} on {names.events} ({_kept(topics[names.events])}); --since looks further "
        "back. It has to be a request_id, a connect_session_id or a session_id"
    )


def _kept(topic: FoundTopic) -> str:
    """How long the topic keeps records."""
    kept_ms = int(topic.settings.get("retention.ms", -1))
    return f"which keeps {_span(kept_ms)}" if kept_ms >= 0 else "which keeps all"


def _span(ms: int) -> str:
    days, hours = ms / DAY_MS, ms / HOUR_MS
    if days >= 1:
        return f"{days:.3g} days" if days != 1 else "day"
    return f"{hours:.3g} hours" if hours != 1 else "hour"
