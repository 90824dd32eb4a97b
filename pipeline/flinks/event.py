"""One event of flinks.events, read from the bytes of a record, and written."""

from typing import Annotated, Any, Final, Literal

import msgspec
import orjson
from msgspec import Meta, Struct

from pipeline.flinks.times import earlier_ms

VALUE_BYTES: Final = 65_536
"""The largest value that is read; contract events have about 400 bytes."""

Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
MfaType = Annotated[str, Meta(min_length=1, max_length=64)]

Reason = Literal["empty", "not_json", "too_large", "wrong_type", "missing_field", "unknown_version", "too_late"]
"""Why a record can not be used; the label of a metric, so the list is closed."""


class Unusable(Exception):  # noqa: N818  # it is a verdict on the record, nothing went wrong here
    """A record that can not be used.

    Attributes:
        reason: For machines.
        detail: For people; never shows anything of the record's content.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail


class Attributes(Struct, gc=False, omit_defaults=True):
    """The allow-listed extras; other attributes are ignored."""

    mfa_types: MfaType | Annotated[list[MfaType], Meta(max_length=20)] | None = None
    retry_count: int | None = None
    total_accounts: int | None = None
    displayed_accounts: int | None = None
    cached: bool | None = None
    endpoint: Text | None = None


class Event(Struct, gc=False, omit_defaults=True):
    """A contract event; None means unknown.

    The order of the fields is the order in which the collector writes them, which makes reading quicker.
    """

    v: Literal[1]
    id: Identifier
    source: Literal["browser", "server", "webhook"]
    kind: Literal["step", "code", "api"]
    name: Name
    at: Text | None = None
    received_at: Text | None = None  # required all the same: reading is quicker in the order of the fields
    connect_session_id: Identifier | None = None
    request_id: Identifier | None = None
    seq: Annotated[int, Meta(ge=0, lt=2**53)] | None = None
    institution: Text | None = None
    http_status: Annotated[int, Meta(ge=100, le=599)] | None = None
    login: Text | None = None
    app: Text | None = None
    environment: Text | None = None
    platform: Text | None = None
    release: Text | None = None
    attributes: Attributes | None = None


_REQUIRED: Final = ("v", "id", "source", "kind", "name", "received_at")
_FIELDS: Final = frozenset(Event.__struct_fields__)
_decode: Final = msgspec.json.Decoder(Event).decode

write: Final = msgspec.json.Encoder().encode
"""An event's value for a record; what is None is left out."""


def read(value: bytes | None) -> tuple[Event, int, int]:
    """The event in a record's value, the earlier of its two times, and when it was received, in ms.

    Raises:
        Unusable: with the reason.
    """
    if value is None:
        raise Unusable("empty", "the record has no value")
    if len(value) > VALUE_BYTES:
        raise Unusable("too_large", f"the value has {len(value)} bytes, {VALUE_BYTES} are read")
    try:
        event = _decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        event = _read_closely(value)
    if event.request_id is None:
        if event.connect_session_id is None:
            raise Unusable("missing_field", "connect_session_id and request_id are both missing")
        if event.source != "browser":
            raise Unusable("missing_field", "request_id is missing, which only a browser event may lack")
    if event.received_at is None:
        raise Unusable("missing_field", "received_at is missing")
    try:
        time_ms, received_ms = earlier_ms(event.at, event.received_at)
    except ValueError as error:
        raise Unusable("wrong_type", f"at or received_at: {error}") from None
    return event, time_ms, received_ms


def _read_closely(value: bytes) -> Event:
    """Read what strict reading refused: null and "" mean absent, and what is wrong gets its reason."""
    try:
        found = orjson.loads(value)
    except ValueError:
        raise Unusable("not_json", "the value is not JSON, or nested too deeply") from None
    if not isinstance(found, dict):
        raise Unusable("wrong_type", "the value is not a JSON object")
    fields = _present({field: found[field] for field in _FIELDS if field in found})
    if isinstance(attributes := fields.get("attributes"), dict):
        fields["attributes"] = attributes = _present(attributes)
        if isinstance(mfa_types := attributes.get("mfa_types"), list):
            attributes["mfa_types"] = [mfa_type for mfa_type in mfa_types if mfa_type != ""]
    version = fields.get("v")
    if type(version) is int and version != 1:
        raise Unusable("unknown_version", "v is not 1")
    for field in _REQUIRED:
        if field not in fields:
            raise Unusable("missing_field", f"{field} is missing")
    try:
        return msgspec.convert(fields, Event)
    except msgspec.ValidationError as error:
        raise _verdict(str(error)) from None


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _verdict(message: str) -> Unusable:
    """What msgspec complains of, which names types and fields; only of an enum does it show the value."""
    where = message.rpartition(" - at ")[2]
    if message.startswith("Invalid enum value"):
        return Unusable("wrong_type", f"not one of the values that the contract has - at {where}")
    if " of length <= " in message:
        return Unusable("too_large", message)
    return Unusable("wrong_type", message)
