"""The body of POST /v1/events: what a listener sends."""

from contextlib import suppress
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct

from pipeline.collector.ids import made_up_id
from pipeline.collector.lenient import read_leniently, with_broken
from pipeline.collector.problem import Problem

_DROPPED: Final = 1_000_000
"""More is believed of no listener."""
NOT_JSON: Final = "the body is not JSON in UTF-8, or nested too deeply"
_BROKEN: Final = (msgspec.MsgspecError, ValueError, RecursionError)


class Told(Struct, gc=False):
    """One event as it was sent."""

    id: str
    data: Any = UNSET
    at: str | None = None
    seq: Annotated[int, Meta(ge=0, lt=2**53)] | None = None


class Batch(Struct):
    """A request's events, and what is common to them."""

    v: Literal[1]
    key: str
    events: list[Told] | list[Any]
    """Those that are not like `Told` are as JSON has them, or `Broken`."""
    connect_session_id: str | None = None
    sent_at: str | None = None
    platform: Literal["web", "ios", "android"] | None = None
    release: Any = None
    dropped: Any = None
    """Events that the listener could not keep, since it last told."""


class _Orderly(Batch):
    events: list[Told]


class _Any(Batch):
    events: list[Any]


_decode_orderly: Final = msgspec.json.Decoder(_Orderly).decode
_decode: Final = msgspec.json.Decoder(_Any).decode


def read_batch(body: bytes, most_events: int) -> Batch:
    """Read it; the events themselves are judged one by one later.

    Raises:
        Problem: it can not be used as a whole.
    """
    try:
        batch: Batch = _decode_orderly(body)
    except _BROKEN:
        batch = _read_closely(body, most_events)
    if len(batch.events) > most_events:
        raise Problem("too_large", f"{len(batch.events)} events; at most {most_events} in one request")
    if batch.connect_session_id is not None and made_up_id(batch.connect_session_id) is None:
        raise Problem("bad_request", "connect_session_id should be up to 64 of A-Z a-z 0-9 . _ -, and no long number")
    return batch


def _read_closely(body: bytes, most_events: int) -> Batch:
    """The same where an event is not as it should be; tells what is wrong with the rest."""
    with suppress(*_BROKEN):
        return _decode(body)
    try:
        return msgspec.convert(with_broken(read_leniently(body), most_events), _Any)
    except msgspec.ValidationError as error:
        raise Problem("bad_request", wrong(error)) from None
    except _BROKEN:
        raise Problem("bad_request", NOT_JSON) from None


def wrong(error: msgspec.ValidationError) -> str:
    """What msgspec complains of: types and fields. Of a value outside its set it shows the value, so that goes."""
    message = str(error)
    if message.startswith("Invalid enum value"):
        return f"Not one of the values that it can have - at {message.rpartition(' - at ')[2]}"
    return message


def dropped(told: Any) -> int:
    """How many events the listener could not keep, of what it tells."""
    return min(told, _DROPPED) if type(told) is int and told > 0 else 0
