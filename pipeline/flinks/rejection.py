"""The records of flinks.rejected: they tell of what can not be used, but not what was in it."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.event import VALUE_BYTES, Event, Reason
from pipeline.flinks.institutions import INSTITUTIONS, SANDBOX
from pipeline.flinks.raw import fields_of
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
_RAW: Final = {
    "step": "name",
    "flinkscode": "name",
    "requestid": "id",
    "institution": "institution",
    "institutionid": "id",
    "loginid": "login",
    "login": "login",
    "url": "url",
    "mfatypes": "attributes",
    "httpstatuscode": "http_status",
    "responsetype": "attributes",
    "data": "data",
}
"""Fields of Flinks' messages and answers as `fields_of` names them, and of what each is like in the contract."""


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
    at = format_ms(append_ms) if append_ms < LATEST_MS else None
    return _record(reason, detail, at, redacted(value), topic, partition, offset)


def refusal(reason: Reason, detail: str, *, received_at: str, sender: Mapping[str, Any], data: Any) -> bytes:
    """The same of what was refused before it came onto any topic: it has no `topic`, `partition` and `offset`.

    `sender` is what is known of whoever sent it, and is shown as it is. `data` is Flinks' message or answer as JSON has
    it; of that is shown as little as of a record.
    """
    known = {field: value for field, value in sender.items() if value is not None}
    return _record(reason, detail, received_at, {**known, "data": _message(data)})


def _record(
    reason: Reason,
    detail: str,
    at: str | None,
    payload: Any,
    topic: str | None = None,
    partition: int | None = None,
    offset: int | None = None,
) -> bytes:
    return orjson.dumps(
        {
            "v": 1,
            "reason": reason,
            "detail": detail,
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "at": at,
            "payload": payload,
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
    return _with_others(payload, len(found))


def _message(data: Any) -> Any:
    if not isinstance(data, dict):
        return _shape(data)
    fields = fields_of(data)
    return _with_others({name: _shown(_RAW[name], fields[name]) for name in _RAW if name in fields}, len(data))


def _with_others(shown: dict[str, Any], fields: int) -> dict[str, Any]:
    others = fields - len(shown)
    return {**shown, "<other fields>": others} if others else shown


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
