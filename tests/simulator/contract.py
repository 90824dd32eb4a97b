"""A strict reading of flinks.events, to hold made-up events against."""

import json
import re
from datetime import datetime
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
REQUIRED = {"v", "id", "source", "kind", "name", "received_at", "app", "environment", "platform"}
OPTIONAL = {
    "at",
    "connect_session_id",
    "request_id",
    "seq",
    "institution",
    "http_status",
    "login",
    "release",
    "attributes",
}
ATTRIBUTES = {"mfa_types", "retry_count", "total_accounts", "displayed_accounts", "cached", "endpoint"}


def ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def time_ms(event: dict[str, Any]) -> int:
    """Event time, as the rules have it offline."""
    return min(ms(event[name]) for name in ("at", "received_at") if name in event)


def check(delivered_ms: int, key: bytes, value: bytes) -> dict[str, Any]:
    """Parse an event; fail unless it is a contract event that could have come this way."""
    event: dict[str, Any] = json.loads(value)
    assert value.isascii()
    assert event.keys() >= REQUIRED, event
    assert event.keys() <= REQUIRED | OPTIONAL, event
    assert event["v"] == 1
    assert ID.fullmatch(event["id"]), event
    assert NAME.fullmatch(event["name"]), event
    assert (event["source"], event["kind"]) in {
        ("browser", "step"),
        ("browser", "code"),
        ("server", "api"),
        ("webhook", "api"),
    }, event
    assert TIME.fullmatch(event["received_at"]), event
    assert "at" not in event or TIME.fullmatch(event["at"]), event
    assert ms(event["received_at"]) <= delivered_ms, event
    assert key.decode() == event.get("connect_session_id", event.get("request_id")), event
    _check_fields(event)
    return event


def _check_fields(event: dict[str, Any]) -> None:
    for name in ("connect_session_id", "request_id"):
        assert name not in event or ID.fullmatch(event[name]), event
    assert type(event.get("seq", 0)) is int, event
    assert event.get("seq", 0) >= 0, event
    assert event.get("institution", "x"), event
    assert re.fullmatch(r"[0-9a-f]{32}", event.get("login", "0" * 32)), event
    attributes = event.get("attributes", {})
    assert attributes.keys() <= ATTRIBUTES, event
    if event["kind"] == "api":
        assert event["platform"] == "server", event
        assert 200 <= event["http_status"] <= 501, event
        assert event["request_id"], event
        assert attributes["endpoint"], event
    else:
        assert event["platform"] in {"web", "ios", "android"}, event
        assert "http_status" not in event, event
    if event["kind"] == "code":
        assert event["request_id"], event
        assert event["institution"], event
    if event["kind"] == "step" and event["name"] != "REDIRECT" and "connect_session_id" in event:
        assert "request_id" not in event, event
