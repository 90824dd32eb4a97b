"""The body of POST /v1/events: what a listener sends."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from pipeline.collector.ids import made_up_id, release_of
from pipeline.collector.problem import Problem
from pipeline.collector.skew import skew_ms

PLATFORMS: Final = ("web", "ios", "android")
_DROPPED: Final = 1_000_000
"""More is believed of no listener."""


@dataclass(slots=True)
class Batch:
    """A request's events, and what is common to them."""

    key: str
    connect_session_id: str | None
    behind_ms: int
    """How far the sender's clock is behind ours."""
    release: str | None
    platform: str
    dropped: int
    """Events that the listener could not keep, since the last time that it told."""
    events: list[Any]


def read_batch(body: bytes, received_ms: int, most_events: int) -> Batch:
    """Read it; the events themselves are judged one by one later.

    Raises:
        Problem: it can not be used as a whole.
    """
    found = parse(body)
    if not isinstance(found, dict):
        raise Problem("bad_request", "the body is not a JSON object")
    get = found.get
    version, key, visit, events = get("v"), get("key"), get("connect_session_id"), get("events")
    if type(version) is not int or version != 1:
        raise Problem("bad_request", "v should be 1")
    if not isinstance(key, str):
        raise Problem("bad_request", "key should be a write key")
    if visit is not None and made_up_id(visit) is None:
        raise Problem("bad_request", "connect_session_id should be up to 64 of A-Z a-z 0-9 . _ -, and no long number")
    if not isinstance(events, list):
        raise Problem("bad_request", "events should be a list")
    if len(events) > most_events:
        raise Problem("too_large", f"{len(events)} events; at most {most_events} in one request")
    platform = get("platform")
    if platform is not None and platform not in PLATFORMS:
        raise Problem("bad_request", f"platform should be one of {', '.join(PLATFORMS)}")
    try:
        behind_ms = skew_ms(get("sent_at"), received_ms)
    except ValueError as error:
        raise Problem("bad_request", f"sent_at: {error}") from None
    return Batch(key, visit, behind_ms, release_of(get("release")), platform or "web", _dropped(found), events)


def parse(body: bytes) -> Any:
    """A body's JSON; raises Problem."""
    try:
        return orjson.loads(body)
    except ValueError:
        raise Problem("bad_request", "the body is not JSON in UTF-8, or nested too deeply") from None


def _dropped(found: dict[str, Any]) -> int:
    told = found.get("dropped")
    return min(told, _DROPPED) if type(told) is int and told > 0 else 0
