"""Records of the topics that the page reads, made by hand."""

import uuid
from typing import Any

import orjson

from pipeline.flinks.times import format_ms

MINUTE_MS = 60_000
NOW_MS = 1_780_000_000_000 - 1_780_000_000_000 % MINUTE_MS + 30_000
"""Half a minute into a minute."""


def session(*, at_ms: int = NOW_MS, seconds: int = 40, **fields: Any) -> bytes:
    """A result that was completed, unless the fields say otherwise."""
    told = {
        "v": 1,
        "session_id": uuid.uuid4().hex,
        "revision": 1,
        "kind": "connect",
        "request_id": str(uuid.uuid4()),
        "institution": "RBC",
        "app": "lending",
        "platform": "web",
        "release": "7.1",
        "started_at": format_ms(at_ms),
        "ended_at": format_ms(at_ms + seconds * 1000),
        "outcome": "completed",
        "failure_code": None,
        "failure_class": None,
        "furthest_stage": "connected",
        "stages": {},
    }
    return orjson.dumps(told | fields)


def visit(*, at_ms: int = NOW_MS, **fields: Any) -> bytes:
    """A visit that converted at its first attempt."""
    told = {
        "v": 1,
        "visit_id": uuid.uuid4().hex,
        "revision": 1,
        "started_at": format_ms(at_ms),
        "attempts": 1,
        "converted": True,
        "institution": "RBC",
        "app": "lending",
        "platform": "web",
        "release": "7.1",
    }
    return orjson.dumps(told | fields)


def count(*, at_ms: int | None = NOW_MS, watermark_ms: int = NOW_MS - MINUTE_MS, **fields: Any) -> bytes:
    """What a checkpoint adds to a minute; without a time only its watermark."""
    told = {
        "v": 1,
        "partition": 0,
        "watermark": format_ms(watermark_ms),
        "minute": None if at_ms is None else format_ms(at_ms - at_ms % MINUTE_MS),
        "institution": None if at_ms is None else "RBC",
        "app": None if at_ms is None else "lending",
    }
    return orjson.dumps(told | fields)


def alert(*, started_ms: int = NOW_MS - 20 * MINUTE_MS, **fields: Any) -> bytes:
    """An outage at RBC that fires."""
    told = {
        "v": 1,
        "id": "rbc-outage",
        "revision": 1,
        "kind": "outage",
        "state": "firing",
        "started_at": format_ms(started_ms),
        "updated_at": format_ms(started_ms + MINUTE_MS),
        "ended_at": None,
        "institution": "RBC",
        "institutions": ["RBC"],
        "code": "RETRY_LATER",
        "codes": ["RETRY_LATER"],
        "severity": "page",
        "observed": 0.81,
        "expected": 0.05,
        "unit": "share of attempts",
        "visits": 132,
        "score": 14.2,
        "summary": "Four of five logins at RBC fail.",
        "action": "Tell users to come back.",
        "runbook_url": "https://runbooks.example.com/outage",
        "sample_request_ids": ["3ae42728-180c-4abd-aebc-34d7303f9dcf"],
    }
    return orjson.dumps(told | fields)
