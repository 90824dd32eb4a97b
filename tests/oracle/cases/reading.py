"""What is rejected, and why."""

from typing import Any

from tests.oracle.cases.building import api, fields, record, step
from tests.oracle.contract import Arrival, Case

_GOOD: dict[str, Any] = fields(0, "APP_MOUNTED")


def _with(**changes: Any) -> Arrival:
    return record({**_GOOD, **changes})


def _without(field: str) -> Arrival:
    return record({key: value for key, value in _GOOD.items() if key != field})


_REQUIRED = "v, id, source, kind, name and received_at are required; empty text is absent text"
_TYPES = "a known field of a wrong type makes a record unusable"
_LIMITS = "every text has a limit"

_REJECTED: list[tuple[str, str, str, Arrival]] = [
    ("no value", "a tombstone is no event", "empty", Arrival(None)),
    ("no JSON", "a value is one JSON object", "not_json", Arrival(b'{"v": 1,')),
    ("an array", "a value is one JSON object", "wrong_type", Arrival(b"[1]")),
    ("null in JSON", "a value is one JSON object", "wrong_type", Arrival(b"null")),
    ("another version", "v is 1", "unknown_version", _with(v=2)),
    *(
        (f"no {field}", _REQUIRED, "missing_field", _without(field))
        for field in ("v", "id", "source", "kind", "name", "received_at")
    ),
    *(
        (f"empty {field}", _REQUIRED, "missing_field", _with(**{field: ""}))
        for field in ("id", "source", "kind", "name", "received_at")
    ),
    *(
        (f"null {field}", _REQUIRED, "missing_field", _with(**{field: None}))
        for field in ("id", "source", "kind", "name", "received_at")
    ),
    ("neither visit nor request", "the record key is one of them", "missing_field", _without("connect_session_id")),
    (
        "empty visit, empty request",
        "the record key is one of them",
        "missing_field",
        _with(connect_session_id="", request_id=""),
    ),
    (
        "a server event without request in a visit",
        "server and webhook events belong to their own request_id",
        "missing_field",
        _with(source="server", kind="api"),
    ),
    (
        "a webhook without request in a visit",
        "server and webhook events belong to their own request_id",
        "missing_field",
        _with(source="webhook", kind="api"),
    ),
    *(
        (f"{field} a number", _TYPES, "wrong_type", _with(**{field: 5}))
        for field in ("id", "source", "name", "at", "received_at", "connect_session_id", "request_id", "institution")
    ),
    ("unknown source", _TYPES, "wrong_type", _with(source="phone")),
    ("unknown kind", _TYPES, "wrong_type", _with(kind="click")),
    ("at is no time", _TYPES, "wrong_type", _with(at="yesterday")),
    ("at is no date", _TYPES, "wrong_type", _with(at="2026-02-30T12:00:00.000Z")),
    ("received_at is no time", _TYPES, "wrong_type", _with(received_at="12:00")),
    ("seq a text", _TYPES, "wrong_type", _with(seq="1")),
    ("seq a fraction", _TYPES, "wrong_type", _with(seq=1.5)),
    ("seq a truth", _TYPES, "wrong_type", _with(seq=True)),
    ("seq below 0", _TYPES, "wrong_type", _with(seq=-1)),
    ("seq beyond 53 bits", _TYPES, "wrong_type", _with(seq=2**53)),
    ("http_status a text", _TYPES, "wrong_type", _with(http_status="200")),
    ("http_status 99", _TYPES, "wrong_type", _with(http_status=99)),
    ("http_status 600", _TYPES, "wrong_type", _with(http_status=600)),
    ("attributes a text", _TYPES, "wrong_type", _with(attributes="sms")),
    ("mfa_types a number", _TYPES, "wrong_type", _with(attributes={"mfa_types": 3})),
    ("mfa_types of numbers", _TYPES, "wrong_type", _with(attributes={"mfa_types": [3]})),
    ("a long value", _LIMITS, "too_large", _with(unknown="x" * 65_536)),
    ("a long name", _LIMITS, "too_large", _with(name="N" * 65)),
    *(
        (f"a long {field}", _LIMITS, "too_large", _with(**{field: "x" * 129}))
        for field in (
            "id",
            "connect_session_id",
            "request_id",
            "institution",
            "app",
            "environment",
            "platform",
            "release",
            "login",
        )
    ),
    ("many mfa_types", _LIMITS, "too_large", _with(attributes={"mfa_types": ["x"] * 21})),
    ("a long mfa_type", _LIMITS, "too_large", _with(attributes={"mfa_types": ["x" * 65]})),
]

CASES = [
    *(
        Case(name=f"rejected: {name}", rule=rule, inputs=[arrival], sessions=[], visits=[], rejected=[reason])
        for name, rule, reason, arrival in _REJECTED
    ),
    Case(
        name="just within the limits",
        rule=_LIMITS,
        inputs=[
            _with(
                id="i" * 128,
                name="N" * 64,
                connect_session_id="c" * 128,
                request_id="r" * 128,
                institution="é" * 128,  # characters, not bytes
                seq=2**53 - 1,
                http_status=599,
                attributes={"mfa_types": ["t" * 64] * 20},
            )
        ],
        sessions=[
            {
                "connect_session_id": "c" * 128,
                "request_id": "r" * 128,
                "institution": "é" * 128,
                "mfa_types": ["t" * 64],
            }
        ],
    ),
    Case(
        name="fields that nobody knows are ignored",
        rule="unknown extra fields are ignored",
        inputs=[_with(unknown={"a": [1]}, attributes={"unknown": 7, "retry_count": 2})],
        sessions=[{"events": 1}],
    ),
    Case(
        name="null and empty text are absent",
        rule="absent means unknown",
        inputs=[step(0, "APP_MOUNTED", institution=""), record({**_GOOD, "id": "2", "institution": None, "seq": None})],
        sessions=[{"institution": None, "request_id": None, "events": 2}],
    ),
    Case(
        name="empty connect_session_id",
        rule="the record key is connect_session_id, or request_id where there is none",
        inputs=[api(0, "OK", connect_session_id="")],
        sessions=[{"connect_session_id": None, "request_id": "X", "kind": "data"}],
        visits=[],
    ),
    Case(
        name="rejected events move no clock",
        rule="a clock in the future poisons nothing",
        inputs=[
            _with(v=2, at="2036-01-01T00:00:00.000Z", received_at="2036-01-01T00:00:00.000Z"),
            step(10, "APP_MOUNTED"),
        ],
        sessions=[{"events": 1}],
        rejected=["unknown_version"],
    ),
]
