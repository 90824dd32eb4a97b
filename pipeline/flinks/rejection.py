"""The record of flinks.rejected: tells of an event that can not be used, but not what was in it."""

from typing import Any, Final

import orjson

from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.event import VALUE_BYTES, Event, Reason
from pipeline.flinks.institutions import INSTITUTIONS, SANDBOX
from pipeline.flinks.times import LATEST_MS, format_ms, parse_ms

_KNOWN: Final = {
    "source": frozenset({"browser", "server", "webhook"}),
    "kind": frozenset({"step", "code", "api"}),
    "name": frozenset(CATALOGUE),
    "institution": frozenset({*INSTITUTIONS, SANDBOX}),
}
"""Texts that are shown because they are one of a list of ours."""
_NUMBERS: Final = {"v": range(1000), "seq": range(10_000), "http_status": range(1000)}
"""Numbers that are shown while they are too small to be an account or a card."""
_TIMES: Final = ("at", "received_at")
_FIELDS: Final = Event.__struct_fields__


def rejection(
    reason: Reason,
    detail: str,
    *,
    topic: str,
    partition: int,
    offset: int,
    append_ms: int,
    value: bytes | None,
) -> bytes:
    """The JSON value for flinks.rejected; `at` is when the broker appended the record, null without a broker.

    The payload keeps the fields of the contract. Of those it shows only what can not be anyone's secret, and
    of everything else the type and length. Fields that are not in the contract are counted, for even their
    names may be someone's data. So it is far smaller than 64 kB whatever comes.
    """
    return orjson.dumps(
        {
            "v": 1,
            "reason": reason,
            "detail": detail,
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "at": format_ms(append_ms) if append_ms < LATEST_MS else None,
            "payload": redacted(value),
        }
    )


def redacted(value: bytes | None) -> Any:
    """What may be shown of a record's value: its shape."""
    if value is None:
        return None
    if len(value) > VALUE_BYTES:
        return f"<{len(value)} bytes>"
    try:
        found = orjson.loads(value)
    except ValueError:
        return f"<{len(value)} bytes>"
    if not isinstance(found, dict):
        return _shape(found)
    payload = {field: _shown(field, found[field]) for field in _FIELDS if field in found}
    others = len(found) - len(payload)
    return {**payload, "<other fields>": others} if others else payload


def _shown(field: str, value: Any) -> Any:
    known = _KNOWN.get(field)
    if known is not None and isinstance(value, str) and value in known:
        return value
    if field in _NUMBERS and type(value) is int and value in _NUMBERS[field]:
        return value
    if field in _TIMES and isinstance(value, str):
        try:
            return format_ms(parse_ms(value))
        except ValueError:
            pass
    return _shape(value)


def _shape(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | list | dict):
        return f"<{_TYPES[type(value)]} {len(value)}>"
    return "<number>"


_TYPES: Final[dict[type, str]] = {str: "string", list: "list", dict: "object"}
