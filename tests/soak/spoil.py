"""Events made unusable, each in another way."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import orjson

LARGE: Final = 70_000
"""Bytes: over the 64 KiB that are read, under what a producer takes."""

NOT_JSON: Final[tuple[Callable[[bytes], bytes | None], ...]] = (
    lambda _: None,
    lambda _: b"",
    lambda _: b"not json",
    lambda _: b"\xff\xfe\x00",
    lambda _: b"[" * 10_000,
    lambda _: b'{"a":' * 10_000,
    lambda _: b"[1, 2]",
    lambda _: b'"text"',
    lambda _: b"null",
    lambda _: b"NaN",
    lambda _: b'{"v": 1}' + b" " * LARGE,
    lambda value: value[:-7],
    lambda value: value + b"}",
    lambda value: value.replace(b'"', b"'"),
)

WRONG: Final[tuple[dict[str, Any], ...]] = (
    {"v": 2},
    {"v": "1"},
    {"v": None},
    {"id": 5},
    {"id": ""},
    {"id": "x" * 200},
    {"source": "robot"},
    {"kind": ["step"]},
    {"name": "N" * 65},
    {"name": None},
    {"at": "yesterday"},
    {"at": 1_767_225_600_000},
    {"received_at": None},
    {"received_at": "2026-13-45T00:00:00.000Z"},
    {"seq": -1},
    {"seq": "7"},
    {"seq": 2**60},
    {"http_status": 99},
    {"http_status": "200"},
    {"institution": {"name": "bank"}},
    {"app": "a" * 129},
    {"attributes": [1]},
    {"attributes": {"mfa_types": [1, 2]}},
    {"attributes": {"mfa_types": ["sms"] * 21}},
    {"connect_session_id": None, "request_id": None},
    {"connect_session_id": "", "request_id": ""},
    {"connect_session_id": "c" * 129},
    {"source": "server", "request_id": None},
)
"""Fields that take the place of an event's own."""


def spoil(rng: Random, value: bytes) -> bytes | None:
    """A record that has to be rejected, made of a good one."""
    if rng.random() < 1 / 3:
        return rng.choice(NOT_JSON)(value)
    return orjson.dumps(orjson.loads(value) | rng.choice(WRONG))
