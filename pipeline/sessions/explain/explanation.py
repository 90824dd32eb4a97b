"""What there is to tell of one session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.flinks.lookup import advice
from pipeline.flinks.times import format_ms, parse_ms
from pipeline.sessions.explain.closed import closing, revisions, waiting
from pipeline.sessions.explain.reasons import reasons
from pipeline.sessions.explain.replay import Arrived, Fate, Replay
from pipeline.sessions.explain.timeline import Moment, timeline
from pipeline.sessions.rules import BROWSER
from pipeline.sessions.session import Session
from pipeline.sessions.steps import sessions_of
from pipeline.sessions.window import ID, NAME, WHAT, Window

Result = dict[str, Any]
"""A record of flinks.sessions."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another session of the same window."""

    request_id: str | None
    kind: str
    started_at: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One session: what happened, what was told of it, and why."""

    key: str
    """Of its records."""
    request_id: str | None
    connect_session_id: str | None
    kind: str
    outcome: str
    """As it was told last; of an open session what it would be."""
    open: bool
    """No result was told yet."""
    timeline: tuple[Moment, ...]
    why: tuple[str, ...]
    """Sentences: which rule decided, why it was closed, what revised it."""
    advice: str | None
    """What to do about the failure."""
    others: tuple[Other, ...]
    results: tuple[Result, ...]
    """All revisions."""
    notes: tuple[str, ...]
    """What a reader has to know about how complete this is."""


@dataclass(frozen=True, slots=True)
class _Found:
    window: Window
    session: Session
    results: tuple[Result, ...]


def explain(replay: Replay, wanted: str, results: Sequence[Result] | None = None) -> list[Explanation]:
    """Explain the sessions that an id means, in order of start.

    Args:
        replay: Of the record key that they belong to, with all that is known of it.
        wanted: A request_id, a connect_session_id (all of its sessions), or a session_id.
        results: What flinks.sessions tells, also of sessions whose events are gone; None: what the replay came to.
    """
    told = [result for result in (replay.results if results is None else results) if _key_of(result) == replay.key]
    every = [
        _Found(window, session, _results_of(window, session, told))
        for window in replay.windows
        for session in sessions_of(window)
    ]
    unused = _give_unused(every, replay.arrived)
    meant = [found for found in every if _is_meant(found, wanted, replay.key)]
    explained = [_explain(found, every, replay, unused.get(id(found), [])) for found in meant]
    known = {result["session_id"] for found in every for result in found.results}
    left = [result for result in told if result["session_id"] not in known and _says(result, wanted)]
    return [*_explain_without_events(left), *explained]


def _explain_without_events(results: Sequence[Result]) -> list[Explanation]:
    """What can be said of sessions whose events are gone."""
    by_session: dict[str, list[Result]] = {}
    for result in sorted(results, key=_revision):
        by_session.setdefault(result["session_id"], []).append(result)
    return [_explain_results(each) for each in by_session.values()]


def _says(result: Result, wanted: str) -> bool:
    return wanted in {result["request_id"], result["connect_session_id"], result["session_id"]}


def _key_of(result: Result) -> Any:
    return result["connect_session_id"] or result["request_id"]


def _revision(result: Result) -> int:
    number: int = result["revision"]
    return number


def _results_of(window: Window, session: Session, told: Iterable[Result]) -> tuple[Result, ...]:
    """Those of this session, also from before a requestId claimed it.

    Two requests may have told of sessions that began with the same event, when a late one took over the steps of the
    other: then they have one session_id, but each its own results.
    """
    known = [result for result in told if result["request_id"] in {None, session.request_id}]
    ids = {
        result["session_id"]
        for result in known
        if result["request_id"] == session.request_id
        and parse_ms(result["started_at"]) <= window.last_ms
        and parse_ms(result["ended_at"]) >= window.first_ms
    }
    return tuple(sorted([result for result in known if result["session_id"] in ids], key=_revision))


def _is_meant(found: _Found, wanted: str, key: str) -> bool:
    if wanted in {found.session.request_id, key}:
        return True
    return any(result["session_id"] == wanted for result in found.results)


def _give_unused(every: Sequence[_Found], arrived: Iterable[Arrived]) -> dict[int, list[Arrived]]:
    """What was rejected or over the cap, by the identity of the session that is nearest and may have had it."""
    given: dict[int, list[Arrived]] = {}
    for event in arrived:
        if event.fate in {Fate.OVER_CAP, Fate.TOO_LATE}:
            may = [
                found
                for found in every
                if event.event.request_id is None or found.session.request_id in {None, event.event.request_id}
            ]
            if may:
                nearest = min(may, key=lambda found: _distance_ms(found.session, event.time_ms))
                given.setdefault(id(nearest), []).append(event)
    return given


def _distance_ms(session: Session, time_ms: int) -> int:
    return max(session.times[0] - time_ms, time_ms - session.times[-1], 0)


def _explain(found: _Found, every: Sequence[_Found], replay: Replay, unused: Sequence[Arrived]) -> Explanation:
    window, session, results = found.window, found.session, found.results
    script = session.script
    ids = set(session.ids)
    events = [event for event in window.events if event[ID] in ids]
    arrived = [event for event in replay.arrived if event.event.id in ids and event.fate in {Fate.KEPT, Fate.COPY}]
    why = reasons(script, events)
    why.append(
        closing(session, events, results[-1]["closed_by"])
        if results
        else waiting(session, window.first_ms, replay.watermark_ms)
    )
    outcome = results[-1]["outcome"] if results else script.outcome
    failures = [event for event in events if event[NAME] == script.failure_code]
    return Explanation(
        key=replay.key,
        request_id=session.request_id,
        connect_session_id=replay.key if window.of_visit else None,
        kind="connect" if script.connect else "data",
        outcome=outcome,
        open=not results,
        timeline=tuple(timeline(session, events, [*arrived, *unused])),
        why=(*why, *revisions(results)),
        advice=advice(failures[-1][NAME], in_browser=failures[-1][WHAT] < BROWSER) if failures else None,
        others=tuple(_other(other) for other in every if other.window is window and other.session is not session),
        results=results,
        notes=tuple(_differences(results[-1], len(events), script.outcome)) if results else (),
    )


def _other(found: _Found) -> Other:
    session = found.session
    return Other(
        request_id=session.request_id,
        kind="connect" if session.script.connect else "data",
        started_at=format_ms(session.times[0]),
        outcome=found.results[-1]["outcome"] if found.results else session.script.outcome,
    )


def _differences(result: Result, events: int, outcome: str) -> list[str]:
    """Where what was told is not what the events come to."""
    notes = []
    if result["events"] != events:
        notes.append(f"The result counted {result['events']} events, and {events} were found.")
    if result["outcome"] != outcome:
        notes.append(f"The result says {result['outcome']}, while the events that were found come to {outcome}.")
    return notes


def _explain_results(results: Sequence[Result]) -> Explanation:
    last = results[-1]
    why = f"{last['outcome'].capitalize()}, closed by {last['closed_by']}"
    if last["failure_code"]:
        why += f"; the last failure was {last['failure_code']} ({last['failure_class']})"
    return Explanation(
        key=_key_of(last),
        request_id=last["request_id"],
        connect_session_id=last["connect_session_id"],
        kind=last["kind"],
        outcome=last["outcome"],
        open=False,
        timeline=(),
        why=(f"{why}.", *revisions(results)),
        advice=advice(last["failure_code"], in_browser=last["kind"] == "connect") if last["failure_code"] else None,
        others=(),
        results=tuple(results),
        notes=("Its events are no longer kept, so there is no timeline and only the result can be told.",),
    )
