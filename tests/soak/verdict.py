"""Everything that a read_committed reader gets, held against the oracle."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.cli.topic_plan import TopicNames
from pipeline.engine.mark import MARK_KEY
from tests.oracle import Oracle
from tests.oracle.compare import emitted_differences, latest_differences
from tests.soak.ledger import Entry, decode_entry
from tests.soak.topics import Row, ledger_topic, read_partition

BEFORE_ALL = -1


@dataclass
class Expected:
    """What the oracle says of one partition."""

    emitted: list[dict[str, Any]]
    sessions: dict[str, dict[str, Any]]
    visits: dict[str, dict[str, Any]]
    rejected: list[tuple[int, str]]
    """(offset, reason)."""
    open_keys: set[str]
    over_cap: int
    problems: list[str]
    """What is wrong with the ledger."""
    advances: int


@dataclass
class Verdict:
    counts: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


async def judge(bootstrap: str, names: TopicNames, partitions: int) -> Verdict:
    """Compare all partitions. Takes about as long as the oracle needs for all events."""
    verdict = Verdict()
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as pool:
        reading = []
        for partition in range(partitions):
            events = await read_partition(bootstrap, names.events, partition)
            ledger = await read_partition(bootstrap, ledger_topic(names.prefix), partition)
            entries = [decode_entry(row.value or b"") for row in ledger]
            reading.append(loop.run_in_executor(pool, expect, events, entries))
            verdict.counts["records"] += len(events)
            verdict.counts["checkpoints"] += len(entries)
        for partition, expected in enumerate(await asyncio.gather(*reading)):
            await _compare(bootstrap, names, partition, expected, verdict)
    return verdict


def expect(events: Sequence[Row], ledger: Sequence[Entry]) -> Expected:
    """Let the oracle read a partition, with the watermark going on where the ledger says it did."""
    oracle = Oracle()
    advances, problems = _read_ledger(events, ledger)
    rejected: list[tuple[int, str]] = []
    for watermark_ms in advances.get(BEFORE_ALL, ()):
        oracle.advance(watermark_ms)
    for offset, append_ms, _, value in events:
        oracle.arrive(value, append_ms)
        if len(oracle.rejected) > len(rejected):
            rejected.append((offset, oracle.rejected[-1][0]))
        for watermark_ms in advances.get(offset, ()):
            oracle.advance(watermark_ms)
    oracle.advance(oracle.watermark_ms)
    return Expected(
        emitted=oracle.emitted,
        sessions=oracle.sessions,
        visits=oracle.visits,
        rejected=rejected,
        open_keys=oracle.open_keys,
        over_cap=oracle.over_cap,
        problems=problems,
        advances=sum(map(len, advances.values())),
    )


def _read_ledger(events: Sequence[Row], ledger: Sequence[Entry]) -> tuple[dict[int, list[int]], list[str]]:
    """When the watermark went on, by the offset of the record before; and which records were not taken just once."""
    advances: dict[int, list[int]] = {}
    problems = []
    taken = 0
    last = BEFORE_ALL
    for entry in ledger:
        for after, watermark_ms in entry.advances:
            advances.setdefault(last if after is None else after, []).append(watermark_ms)
        if entry.records:
            covered = events[taken : taken + entry.records]
            taken += entry.records
            if not covered or (covered[0].offset, covered[-1].offset) != (entry.first, entry.last):
                problems.append(f"a checkpoint covers {entry.first} to {entry.last}, after {last}: a gap or an overlap")
            last = last if entry.last is None else entry.last
    if taken != len(events):
        problems.append(f"checkpoints cover {taken} of {len(events)} records")
    return advances, problems


async def _compare(bootstrap: str, names: TopicNames, partition: int, expected: Expected, verdict: Verdict) -> None:
    sessions = await read_partition(bootstrap, names.sessions, partition)
    visits = await read_partition(bootstrap, names.visits, partition)
    rejected = await read_partition(bootstrap, names.rejected, partition)
    changelog = await read_partition(bootstrap, names.changelog, partition)
    found = list(expected.problems)

    for rows, name, latest in ((sessions, "session_id", expected.sessions), (visits, "visit_id", expected.visits)):
        records = [_parse(row) for row in rows]
        wanted = [record for record in expected.emitted if name in record]
        found += emitted_differences(wanted, records)
        found += latest_differences(_latest_of(wanted, name), _latest_of(records, name))
        found += _wrong_keys(rows, records)
        what = name.removesuffix("_id")
        verdict.counts[f"{what}s"] += len(latest)
        verdict.counts[f"{what} revisions"] += sum(record["revision"] > 1 for record in wanted)
    found += [f"two sessions have the id {shared}" for shared in _shared_ids(expected.emitted)]
    verdict.outcomes.update(record["outcome"] for record in expected.sessions.values())

    told = Counter((record["offset"], record["reason"]) for record in map(_parse, rejected))
    wanted_rejections = Counter(expected.rejected)
    found += [f"not rejected: {offset} {reason}" for offset, reason in (wanted_rejections - told).elements()]
    found += [f"rejected, not expected: {offset} {reason}" for offset, reason in (told - wanted_rejections).elements()]
    verdict.rejected.update(reason for _, reason in expected.rejected)

    held = {row.key.decode() for row in _latest(changelog).values() if row.value is not None and row.key}
    found += [f"state left over: {key}" for key in sorted(held - expected.open_keys)]
    found += [f"state missing: {key}" for key in sorted(expected.open_keys - held)]
    verdict.counts["keys open at the end"] += len(expected.open_keys)
    verdict.counts["over the cap"] += expected.over_cap
    verdict.counts["idle advances"] += expected.advances
    verdict.counts["duplicates"] += sum(record["duplicates"] for record in expected.sessions.values())
    verdict.differences += [f"partition {partition}: {difference}" for difference in found]


def _parse(row: Row) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(row.value or b"{}")
    return parsed


def _latest(changelog: Sequence[Row]) -> dict[bytes, Row]:
    return {row.key: row for row in changelog if row.key is not None and row.key != MARK_KEY}


def _latest_of(records: Sequence[Mapping[str, Any]], name: str) -> dict[str, Mapping[str, Any]]:
    """The last record of each result, in the order in which they were emitted."""
    return {record[name]: record for record in records}


def _shared_ids(emitted: Sequence[Mapping[str, Any]]) -> list[str]:
    requests: dict[str, set[str]] = {}
    for record in emitted:
        if record.get("request_id") is not None:
            requests.setdefault(record["session_id"], set()).add(record["request_id"])
    return [shared for shared, of_one_id in requests.items() if len(of_one_id) > 1]


def _wrong_keys(rows: Sequence[Row], records: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for row, record in zip(rows, records, strict=True):
        # A session's key is its request, a visit's is itself.
        wanted = (record.get("request_id") or record["connect_session_id"]).encode()
        if row.key != wanted:
            found.append(f"the key of {record} is {row.key!r}")
    return found
