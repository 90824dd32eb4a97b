"""Short words for events. Times are seconds since noon of the day that all examples play on."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from tests.oracle.contract import Arrival, Idle, Input

NOON_MS = round(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp() * 1000)
MINUTE = 60
HOUR = 3600


def at(seconds: float) -> str:
    """RFC 3339 of a time of the example."""
    time_ms = round(NOON_MS + seconds * 1000)
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{time_ms % 1000:03}Z"


def digest(key: str, event_id: str) -> str:
    """A session_id or visit_id."""
    return hashlib.sha256(f"{key}\n{event_id}".encode()).hexdigest()[:32]


def fields(seconds: float, name: str, request: str | None = None, **other: Any) -> dict[str, Any]:
    """A browser's step of visit `visit`, its id name@seconds; `other` overrides fields, None removes them."""
    made = {
        "v": 1,
        "id": f"{name}@{seconds:.10g}",
        "source": "browser",
        "kind": "step",
        "name": name,
        "at": at(seconds),
        "received_at": at(seconds),
        "connect_session_id": "visit",
        "request_id": request,
        **other,
    }
    return {field: value for field, value in made.items() if value is not None}


def step(seconds: float, name: str, request: str | None = None, **other: Any) -> Arrival:
    return record(fields(seconds, name, request, **other))


def code(seconds: float, name: str, request: str | None = None, **other: Any) -> Arrival:
    return step(seconds, name, request, **{"kind": "code", **other})


def api(seconds: float, name: str, request: str | None = "X", **other: Any) -> Arrival:
    """A response that the customer's backend met, of no visit."""
    return step(seconds, name, request, **{"source": "server", "kind": "api", "connect_session_id": None, **other})


def webhook(seconds: float, name: str, request: str | None = "X", **other: Any) -> Arrival:
    return api(seconds, name, request, **{"source": "webhook", **other})


def other_visit(seconds: float) -> Arrival:
    """Somebody else's event, which only moves stream time on."""
    return step(seconds, "APP_MOUNTED", connect_session_id="other")


def record(value: Any, append: float | None = None) -> Arrival:
    append_ms = None if append is None else round(NOON_MS + append * 1000)
    return Arrival(orjson.dumps(value), append_ms)


def idle(seconds: float) -> Idle:
    """The watermark goes on to a time of the example."""
    return Idle(round(NOON_MS + seconds * 1000))


def steps(start: float, end: float, every: float, name: str = "COMPONENT_LOAD_MFA") -> list[Input]:
    """A step every so many seconds, the end among them."""
    made: list[Input] = []
    seconds = start
    while seconds < end:
        made.append(step(seconds, name))
        seconds += every
    return [*made, step(end, name)]
