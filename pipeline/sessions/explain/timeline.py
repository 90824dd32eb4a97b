"""The events of a session as a person reads them, one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pipeline.flinks.catalogue import STAGES
from pipeline.flinks.times import format_ms
from pipeline.sessions.explain.replay import Arrived, Fate
from pipeline.sessions.explain.words import about, class_of, status_of
from pipeline.sessions.pairing import pairs
from pipeline.sessions.rules import BROWSER, KINDS, SOURCES, STAGE_OF
from pipeline.sessions.session import Session
from pipeline.sessions.window import ID, NAME, REQUEST, SEQ, TIME, WHAT, Kept

Given = Literal["id", "position", "none"]
"""How an event came to its session: by its request_id, by where it stands among the visit's steps, or there was no
request_id that could have claimed it."""

_WHATS: Final = {
    source_at + kind_at: (source, kind) for source, source_at in SOURCES.items() for kind, kind_at in KINDS.items()
}


@dataclass(frozen=True, slots=True)
class Again:
    """The same occurrence told a second time, as a step and as a code; it counts once."""

    kind: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a session, or two that tell of one occurrence."""

    at: str
    elapsed_ms: int
    """From the session's start."""
    source: str
    kind: str
    name: str
    about: str
    stage: str | None
    """The stage that it was the first to reach."""
    failure_class: str | None
    http_status: int | None
    given: Given
    again: Again | None
    copies: int
    """How often it came again under the same id."""
    behind_ms: int
    """How far event time had passed it by when it came; 0 for one in time."""
    after_result: bool
    """A result had been told when it came."""
    fate: Fate
    """OVER_CAP and TOO_LATE: it belongs here, and was not used."""
    attributes: Mapping[str, Any]
    """What else it said that is of use to a reader."""


def timeline(session: Session, events: Sequence[Kept], arrived: Iterable[Arrived]) -> list[Moment]:
    """The moments of a session in order.

    Args:
        session: Whose they are.
        events: Of the session, as its window keeps them, in order.
        arrived: The key's events as they arrived, as far as they are this session's.
    """
    start_ms = events[0][TIME]
    arrivals = list(arrived)
    again = dict(pairs(events, session.script.twice))
    seconds = set(again.values())
    reached = _reached(events) if session.script.connect else {}
    moments = []
    for place, event in enumerate(events):
        if place in seconds:
            continue
        second = events[again[place]] if place in again else None
        copies = [other for other in arrivals if other.event.id == event[ID]]
        taken = _taken(copies, event)
        source, kind = _WHATS[event[WHAT]]
        moments.append(
            Moment(
                at=format_ms(event[TIME]),
                elapsed_ms=event[TIME] - start_ms,
                source=source,
                kind=kind,
                name=event[NAME],
                about=about(event[NAME], in_browser=event[WHAT] < BROWSER),
                stage=reached.get(place),
                failure_class=class_of(event),
                http_status=status_of(event),
                given=_given(session, event),
                again=second and Again(_WHATS[second[WHAT]][1], second[TIME] - event[TIME]),
                copies=max(0, len(copies) - 1),
                behind_ms=taken.behind_ms if taken else 0,
                after_result=taken is not None and not taken.told.isdisjoint({session.request_id, None}),
                fate=Fate.KEPT,
                attributes=_attributes(taken),
            )
        )
    unused = [_unused(other, start_ms) for other in arrivals if other.fate in {Fate.OVER_CAP, Fate.TOO_LATE}]
    return sorted([*moments, *unused], key=lambda moment: moment.elapsed_ms)


def _reached(events: Sequence[Kept]) -> dict[int, str]:
    """Place of an event to the stage that it was the first to reach."""
    places: dict[int, int] = {}
    for place, event in enumerate(events):
        if event[NAME] in STAGE_OF:
            places.setdefault(STAGE_OF[event[NAME]], place)
    return {place: STAGES[stage] for stage, place in places.items()}


def _given(session: Session, event: Kept) -> Given:
    if session.request_id is None:
        return "none"
    return "id" if event[REQUEST] >= 0 else "position"


def _taken(copies: Sequence[Arrived], event: Kept) -> Arrived | None:
    """Of an event's copies the one that is kept."""
    for copy in copies:
        if copy.time_ms == event[TIME] and (copy.event.seq if copy.event.seq is not None else -1) == event[SEQ]:
            return copy
    return None


def _unused(arrived: Arrived, start_ms: int) -> Moment:
    event = arrived.event
    return Moment(
        at=format_ms(arrived.time_ms),
        elapsed_ms=arrived.time_ms - start_ms,
        source=event.source,
        kind=event.kind,
        name=event.name,
        about=about(event.name, in_browser=event.source == "browser"),
        stage=None,
        failure_class=None,
        http_status=event.http_status,
        given="id" if event.request_id is not None else "position",
        again=None,
        copies=0,
        behind_ms=arrived.behind_ms,
        after_result=bool(arrived.told),
        fate=arrived.fate,
        attributes=_attributes(arrived),
    )


def _attributes(arrived: Arrived | None) -> dict[str, Any]:
    if arrived is None:
        return {}
    event = arrived.event
    found = {"institution": event.institution, "login": event.login}
    if event.attributes is not None:
        found |= {name: getattr(event.attributes, name) for name in event.attributes.__struct_fields__}
    return {name: value for name, value in found.items() if value is not None}
