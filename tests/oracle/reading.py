"""One record of flinks.events, checked and read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

import orjson

VALUE_BYTES = 64 * 1024
NAME_CHARACTERS = 64
TEXT_CHARACTERS = 128
MFA_TYPES = 20
MFA_TYPE_CHARACTERS = 64
SEQ_END = 2**53

SOURCES = frozenset({"browser", "server", "webhook"})
KINDS = frozenset({"step", "code", "api"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


class UnusableError(Exception):
    """A record that no session can take."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Event:
    """What the rules need of an event. None = unknown. `seq` -1 = absent, so that it sorts first."""

    id: str
    time_ms: int
    seq: int
    source: str
    kind: str
    name: str
    connect_session_id: str | None
    request_id: str | None
    institution: str | None
    app: str | None
    environment: str | None
    platform: str | None
    release: str | None
    http_status: int | None
    mfa_types: tuple[str, ...]

    from_browser: bool

    @property
    def key(self) -> str:
        """The record key: the visit, or the request where no visit is known."""
        return self.connect_session_id or self.request_id or ""


ORDER = attrgetter("time_ms", "seq", "id")


def read(value: bytes | None, append_ms: int | None = None) -> Event:
    """The event of a record, timed by the earliest of its clocks.

    Args:
        value: The record's value; None is a tombstone.
        append_ms: The broker's append time in ms since 1970; None offline.

    Raises:
        UnusableError: The record is to be rejected.
    """
    if value is None:
        raise UnusableError("empty", "no value")
    if len(value) > VALUE_BYTES:
        raise UnusableError("too_large", "value")
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise UnusableError("not_json", str(error)) from None
    if not isinstance(fields, dict):
        raise UnusableError("wrong_type", "not an object")
    _check_version(fields.get("v"))

    event_id = _required(fields, "id")
    source = _one_of(fields, "source", SOURCES)
    kind = _one_of(fields, "kind", KINDS)
    name = _required(fields, "name", NAME_CHARACTERS)
    clocks = [_milliseconds("received_at", _required(fields, "received_at"))]
    at = _text(fields, "at")
    if at is not None:
        clocks.append(_milliseconds("at", at))
    if append_ms is not None:
        clocks.append(append_ms)
    connect_session_id = _text(fields, "connect_session_id")
    request_id = _text(fields, "request_id")
    _text(fields, "login")
    if request_id is None and (connect_session_id is None or source != "browser"):
        raise UnusableError("missing_field", "request_id")
    seq = _integer(fields, "seq", 0, SEQ_END)
    return Event(
        id=event_id,
        time_ms=min(clocks),
        seq=-1 if seq is None else seq,
        source=source,
        kind=kind,
        name=name,
        connect_session_id=connect_session_id,
        request_id=request_id,
        institution=_text(fields, "institution"),
        app=_text(fields, "app"),
        environment=_text(fields, "environment"),
        platform=_text(fields, "platform"),
        release=_text(fields, "release"),
        http_status=_integer(fields, "http_status", 100, 600),
        mfa_types=_mfa_types(fields.get("attributes")),
        from_browser=source == "browser",
    )


def _check_version(version: Any) -> None:
    if version is None:
        raise UnusableError("missing_field", "v")
    if type(version) is not int:
        raise UnusableError("wrong_type", "v")
    if version != 1:
        raise UnusableError("unknown_version", str(version))


def _text(fields: dict[str, Any], field: str, limit: int = TEXT_CHARACTERS) -> str | None:
    text = fields.get(field)
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise UnusableError("wrong_type", field)
    if len(text) > limit:
        raise UnusableError("too_large", field)
    return text


def _required(fields: dict[str, Any], field: str, limit: int = TEXT_CHARACTERS) -> str:
    text = _text(fields, field, limit)
    if text is None:
        raise UnusableError("missing_field", field)
    return text


def _one_of(fields: dict[str, Any], field: str, words: frozenset[str]) -> str:
    word = _required(fields, field)
    if word not in words:
        raise UnusableError("wrong_type", field)
    return word


def _integer(fields: dict[str, Any], field: str, start: int, end: int) -> int | None:
    number = fields.get(field)
    if number is None:
        return None
    if type(number) is not int or not start <= number < end:
        raise UnusableError("wrong_type", field)
    return number


def _milliseconds(field: str, text: str) -> int:
    if not _TIME.fullmatch(text):
        raise UnusableError("wrong_type", field)
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND
    except ValueError:
        raise UnusableError("wrong_type", field) from None


def _mfa_types(attributes: Any) -> tuple[str, ...]:
    if attributes is None:
        return ()
    if not isinstance(attributes, dict):
        raise UnusableError("wrong_type", "attributes")
    types = attributes.get("mfa_types")
    if types is None or types == "":
        return ()
    if isinstance(types, str):
        types = [types]
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        raise UnusableError("wrong_type", "mfa_types")
    if len(types) > MFA_TYPES or any(len(one) > MFA_TYPE_CHARACTERS for one in types):
        raise UnusableError("too_large", "mfa_types")
    return tuple(types)


def timestamp(time_ms: int) -> str:
    """RFC 3339 UTC with milliseconds."""
    return (_EPOCH + time_ms * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")
