"""Contract events for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

NOON_MS = 1_780_000_000_000
HOUR_MS = 3_600_000

_numbers = count()


def event(*, at_ms: int, name: str = "APP_MOUNTED", visit: str = "visit-1", **fields: Any) -> bytes:
    """A browser's step; a field that is None is absent."""
    moment = f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"
    told = {
        "v": 1,
        "id": f"event-{next(_numbers)}",
        "source": "browser",
        "kind": "step",
        "name": name,
        "at": moment,
        "received_at": moment,
        "connect_session_id": visit,
    }
    return orjson.dumps({field: value for field, value in (told | fields).items() if value is not None})
