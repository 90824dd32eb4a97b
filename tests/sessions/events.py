"""Contract events in a line, for tests."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pipeline.engine.fold import Record
from pipeline.flinks.times import format_ms

START_MS = 1_780_000_000_000
MINUTE_MS = 60_000


def event(time_ms: int, name: str = "APP_MOUNTED", key: str = "visit", **fields: Any) -> bytes:
    """An event of a browser `time_ms` after START_MS; its id is its time unless told."""
    return orjson.dumps(
        {
            "v": 1,
            "id": f"{key}-{time_ms}",
            "source": "browser",
            "kind": "step",
            "name": name,
            "received_at": format_ms(START_MS + time_ms),
            "connect_session_id": key,
            **fields,
        }
    )


def answer(time_ms: int, name: str, key: str = "request", **fields: Any) -> bytes:
    """An event of the backend, which knows no visit."""
    return event(time_ms, name, key, source="server", kind="code", connect_session_id=None, request_id=key, **fields)


def records(values: Iterable[bytes | None], offset: int = 0, append_ms: int = 2**62) -> list[Record]:
    return [(offset + place, append_ms, None, value) for place, value in enumerate(values)]


def parsed(results: Sequence[tuple[bytes | None, bytes]]) -> list[dict[str, Any]]:
    return [orjson.loads(value) for _, value in results]
