"""The result of one session: the fields of flinks.sessions but `revision` and `duplicates`."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from pipeline.flinks.catalogue import STAGES
from pipeline.flinks.times import format_each
from pipeline.sessions.outcome import Course
from pipeline.sessions.steps import Session
from pipeline.sessions.window import EXTRA, INSTITUTION, ORIGIN, TIME, Kept, Origin, Window


def result_id(key: str, event_id: str) -> str:
    """The id of a result of this key that begins with this event."""
    return sha256(f"{key}\n{event_id}".encode()).hexdigest()[:32]


def last_institution(events: list[Kept]) -> str | None:
    """The last one known."""
    for event in reversed(events):
        institution = event[INSTITUTION]
        if institution is not None:
            return institution
    return None


def first_origin(window: Window, events: Iterable[Kept]) -> Origin:
    """For each of app, environment, platform and release the first one known."""
    origins = window.origins
    if len(origins) == 1:
        return origins[0]
    used = list(dict.fromkeys(event[ORIGIN] for event in events))
    app, environment, platform, release = (
        next((origins[place][field] for place in used if origins[place][field] is not None), None) for field in range(4)
    )
    return app, environment, platform, release


def _mfa_types(events: list[Kept]) -> list[str]:
    """The distinct ones, in order of appearance."""
    extras = [event[EXTRA] for event in events if type(event[EXTRA]) is tuple]
    return list(dict.fromkeys(mfa_type for extra in extras for mfa_type in extra[1])) if extras else []


def session_content(
    window: Window, session: Session, course: Course, session_id: str, attempt: int, closed_by: str
) -> dict[str, Any]:
    """The result's fields, in the order in which they are written."""
    events = session.events
    started_ms = events[0][TIME]
    app, environment, platform, release = first_origin(window, events)
    stages = course.stages
    started_at, ended_at, *stage_times = format_each([started_ms, events[-1][TIME], *stages.values()])
    redirect_ms = course.redirect_ms if session.connect else None
    return {
        "v": 1,
        "session_id": session_id,
        "kind": "connect" if session.connect else "data",
        "request_id": session.request_id,
        "connect_session_id": window.key if window.of_visit else None,
        "attempt": attempt,
        "institution": events[-1][INSTITUTION] or last_institution(events),
        "app": app,
        "environment": environment,
        "platform": platform,
        "release": release,
        "started_at": started_at,
        "ended_at": ended_at,
        "closed_by": closed_by,
        "outcome": course.outcome,
        "failure_code": course.failure_code,
        "failure_class": course.failure_class,
        "furthest_stage": STAGES[max(stages)] if stages else None,
        "stages": dict(zip([STAGES[stage] for stage in stages], stage_times, strict=True)),
        "codes": course.codes,
        "retries": course.retries,
        "mfa_types": _mfa_types(events),
        "time_to_connect_ms": None if redirect_ms is None else redirect_ms - started_ms,
        "events": len(events),
    }
