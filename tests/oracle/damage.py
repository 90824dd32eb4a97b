"""Records spoilt in one way each, so that only one reason to reject them is right."""

import random
from typing import Any

import orjson

_CHANGES: list[dict[str, Any]] = [
    {"v": 2},
    {"v": None},
    {"id": None},
    {"id": ""},
    {"id": 7},
    {"id": "x" * 129},
    {"source": "phone"},
    {"source": None},
    {"kind": "click"},
    {"kind": ""},
    {"name": None},
    {"name": "N" * 65},
    {"name": ["APP_MOUNTED"]},
    {"at": "soon"},
    {"at": 1_780_000_000_000},
    {"received_at": None},
    {"received_at": "2026-13-01T00:00:00.000Z"},
    {"connect_session_id": "", "request_id": None},
    {"connect_session_id": 5},
    {"request_id": "r" * 129},
    {"source": "server", "request_id": None},
    {"seq": -1},
    {"seq": "1"},
    {"http_status": 42},
    {"institution": {"name": "RBC"}},
    {"app": "x" * 200},
    {"attributes": [1]},
    {"attributes": {"mfa_types": ["t" * 65]}},
    {"attributes": {"mfa_types": [1]}},
    {"unknown": "x" * 70_000},
]


def damaged(rng: random.Random, fields: dict[str, Any]) -> bytes | None:
    """A record that is to be rejected, made of a good one."""
    value = orjson.dumps({**fields, **rng.choice(_CHANGES)})
    return rng.choice([value, value, value, value[: rng.randrange(1, 20)], b"[]", b"\xff" + value, None])
