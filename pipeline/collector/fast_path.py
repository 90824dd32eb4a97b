"""The fast path of a request that holds nothing but ordinary steps, as nearly all do; what comes out is the same.

What a step tells beside its ids and times is one of some thousand combinations, so it is read by `read_message` once
and then known as the text that it makes in a record.
"""

from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from pipeline.collector.ids import release_of
from pipeline.collector.keys import App
from pipeline.collector.skew import corrected
from pipeline.flinks.event import Event, write
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Stamp
from pipeline.flinks.shapes import identifier
from pipeline.flinks.times import format_ms, is_canonical

_STEP: Final = len("00000000-0000-0000-0000-000000000000 ")
_DIGITS: Final = b"0123456789abcdef"
_REMEMBERED: Final = 4_096
"""Of texts that are short, for a sender may choose them."""
Short = Annotated[str, Meta(max_length=64)]


class Step(Struct, gc=False, forbid_unknown_fields=True):
    """The `data` of an ordinary step; where there is anything else the request goes the long way."""

    step: Short
    institution: Short | None = None
    cached: bool | None = None
    mfaTypes: Short | Annotated[tuple[Short, ...], Meta(max_length=8)] | None = None  # noqa: N815  # as Flinks spells it
    requestId: Short | None = None  # noqa: N815


class RawEvent(Struct, gc=False, forbid_unknown_fields=True):
    """One event as listeners send it."""

    id: str
    at: str
    seq: Annotated[int, Meta(ge=0, lt=2**53)]
    data: Step


class RawBatch(Struct, gc=False):
    """A request of them."""

    v: Literal[1]
    key: str
    connect_session_id: str
    events: list[RawEvent]
    sent_at: str | None = None
    platform: Literal["web", "ios", "android"] | None = None
    release: Short | None = None
    dropped: int | None = None


_decode: Final = msgspec.json.Decoder(RawBatch).decode


def read_ordinary(body: bytes, most_events: int) -> RawBatch | None:
    """The request, None if it has to go the long way."""
    try:
        batch = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if not 0 < len(batch.events) <= most_events:
        return None
    return batch if _are_uuids([batch.connect_session_id, *[event.id for event in batch.events]]) else None


def _are_uuids(ids: list[str]) -> bool:
    """Whether each is a UUID in small letters; all at once, in half the time of a regular expression."""
    text, count = " ".join([*ids, ""]), len(ids)
    dashes = "-" * count
    return (
        text.encode().translate(None, _DIGITS) == b"---- " * count
        and text[8::_STEP] == text[13::_STEP] == text[18::_STEP] == text[23::_STEP] == dashes
        and text[36::_STEP] == " " * count
    )


def values_of(batch: RawBatch, app: App, received_ms: int, behind_ms: int) -> list[bytes] | None:
    """The values of the events' records, all of which are accepted; None: the request has to go the long way.

    Arguments as `judge` has them.
    """
    received_at = format_ms(received_ms)
    visit = f'","received_at":"{received_at}","connect_session_id":"{batch.connect_session_id}'
    sender = _of_sender(app.name, app.environment, batch.platform or "web", batch.release)
    values = []
    try:
        for event in batch.events:
            data = event.data
            known = _of_step(data.step, data.institution, data.cached, data.mfaTypes)
            if known is None:
                return None
            before, between, after = known
            request = ""
            if data.requestId is not None:
                request_id = identifier(data.requestId)
                if request_id is None:
                    return None
                request = f'","request_id":"{request_id}'
            at = event.at
            if behind_ms or at > received_at or not is_canonical(at):
                at = corrected(at, behind_ms, received_ms)
            values.append(
                f'{{"v":1,"id":"{event.id}{before}{at}{visit}{request}","seq":{event.seq}{between}{sender}{after}'.encode()
            )
    except ValueError:
        return None  # a time that is none
    return values


@lru_cache(_REMEMBERED)
def _of_step(
    step: str, institution: str | None, cached: bool | None, mfa_types: str | tuple[str, ...] | None
) -> tuple[str, str, str] | None:
    """What stands in a record between id and time, between seq and app, and at its end; None for what is no step."""
    found = read_message(
        {
            "step": step,
            "institution": institution,
            "cached": cached,
            "mfaTypes": list(mfa_types) if isinstance(mfa_types, tuple) else mfa_types,
        },
        Stamp("", "", connect_session_id="-"),
    )
    if not isinstance(found, Event):
        return None
    return (
        f'","source":"browser","kind":"{found.kind}","name":"{found.name}","at":"',
        "" if found.institution is None else f',"institution":{write(found.institution).decode()}',
        "}" if found.attributes is None else f',"attributes":{write(found.attributes).decode()}}}',
    )


@lru_cache(_REMEMBERED)
def _of_sender(app: str, environment: str | None, platform: str, release: str | None) -> str:
    sender = {"app": app, "environment": environment, "platform": platform, "release": release_of(release)}
    return "".join(f',"{name}":{write(value).decode()}' for name, value in sender.items() if value is not None)
