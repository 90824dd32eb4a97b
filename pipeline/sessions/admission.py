"""Which window takes an event: the whole rule. `fold` has a short cut for the end of a key's only window."""

from enum import Enum, auto

from msgspec import Struct

from pipeline.sessions.closing import remember
from pipeline.sessions.rules import (
    BACKGROUND,
    BROWSER,
    DATA_REACH_MS,
    KEPT_BYTES,
    KEPT_EVENTS,
    LIMIT_MS,
    OVER_CAP_BYTES,
    REACH_MS,
    REDIRECTS,
)
from pipeline.sessions.window import NO_REQUEST, Extra, Kept, Origin, Window


class Arrival(Struct, gc=False):
    """An event on its way into a window; the fields are those of Kept where they have the same name."""

    key: str
    of_visit: bool
    time_ms: int
    seq: int
    id: str
    name: str
    what: int
    request_id: str | None
    institution: str | None
    origin: Origin
    extra: Extra
    size: int
    """Bytes of the record's value."""


class Verdict(Enum):
    """What became of an event."""

    KEPT = auto()
    COPY = auto()
    """Its id was kept before."""
    OVER_CAP = auto()
    """Its window is full."""
    TOO_LATE = auto()
    """No living window takes it, and its own would be gone."""


def admit(windows: list[Window], arrival: Arrival, watermark_ms: int) -> tuple[Verdict, Window | None]:
    """Give an event to one of the living windows of its key, or to a new one.

    The list is changed: a new window is added, merged ones go. Returns also the window that keeps the event now.
    """
    for window in windows:
        if arrival.id in window.ids:
            _take_copy(window, arrival)
            return Verdict.COPY, window
    near = sorted([window for window in windows if window.takes(arrival.time_ms)], key=_start_of)
    if not near and arrival.time_ms + _reach_alone_ms(arrival) <= watermark_ms:
        return Verdict.TOO_LATE, None
    if sum([window.weight for window in windows]) + arrival.size > KEPT_BYTES:
        return Verdict.OVER_CAP, None
    if not near:
        windows.append(_opened(arrival))
        return Verdict.KEPT, windows[-1]
    window = near[0]
    if len(window.events) >= KEPT_EVENTS:
        if not _is_first_redirect(window, arrival):
            return Verdict.OVER_CAP, None
        arrival.size = max(arrival.size, OVER_CAP_BYTES)
    remember(window)
    window.of_visit = window.of_visit or arrival.of_visit
    window.insert(_kept(window, arrival))
    window.weight += arrival.size
    window.note(arrival.name, arrival.what)
    window.look_soon()
    for other in near[1:]:
        if max(window.last_ms, other.last_ms) - min(window.first_ms, other.first_ms) < LIMIT_MS:
            remember(other)
            window.absorb(other)
            windows.remove(other)
    return Verdict.KEPT, window


def _reach_alone_ms(arrival: Arrival) -> int:
    """The reach of a window that has only this event."""
    return DATA_REACH_MS if arrival.what >= BROWSER or arrival.name in BACKGROUND else REACH_MS


def _opened(arrival: Arrival) -> Window:
    window = Window(
        key=arrival.key,
        of_visit=arrival.of_visit,
        events=[],
        ids={arrival.id: None},
        request_ids=() if arrival.request_id is None else (arrival.request_id,),
        origins=(arrival.origin,),
        weight=arrival.size,
    )
    window.events.append(_kept(window, arrival))
    window.note(arrival.name, arrival.what)
    window.look_soon()
    return window


def _kept(window: Window, arrival: Arrival) -> Kept:
    return (
        arrival.time_ms,
        arrival.seq,
        arrival.id,
        arrival.name,
        arrival.what,
        window.request_place(arrival.request_id),
        arrival.institution,
        window.origin_place(arrival.origin),
        arrival.extra,
    )


def _start_of(window: Window) -> Kept:
    return window.events[0]


def _take_copy(window: Window, arrival: Arrival) -> None:
    if window.copies is None:
        window.copies = {}
    window.copies[arrival.id] = window.copies.get(arrival.id, 0) + 1
    stored = window.kept(arrival.id)
    if (arrival.time_ms, arrival.seq) < stored[:2]:
        remember(window)
        window.replace(_kept(window, arrival))
        window.look_soon()


def _is_first_redirect(window: Window, arrival: Arrival) -> bool:
    if arrival.name not in REDIRECTS:
        return False
    if arrival.request_id is None:
        return not window.has_redirect(NO_REQUEST)
    if arrival.request_id not in window.request_ids:
        return True
    return not window.has_redirect(window.request_ids.index(arrival.request_id))
