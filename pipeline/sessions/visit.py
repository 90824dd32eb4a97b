"""The result of one visit: the fields of flinks.visits but `revision`."""

from collections.abc import Sequence
from typing import Any

from pipeline.flinks.catalogue import STAGES
from pipeline.flinks.times import format_ms
from pipeline.sessions.outcome import Course
from pipeline.sessions.result import first_origin, last_institution
from pipeline.sessions.rules import ATTEMPTS, BROWSER
from pipeline.sessions.steps import Session
from pipeline.sessions.window import NAME, NO_REQUEST, WHAT, Window


def visit_content(
    window: Window, sessions: Sequence[Session], courses: Sequence[Course], *, visit_id: str
) -> dict[str, Any]:
    """The result's fields. Sessions are in order of start, at least one is a connect session."""
    connects = [course for session, course in zip(sessions, courses, strict=True) if session.connect]
    last = connects[-1]
    furthest = max((max(course.stages, default=-1) for course in connects), default=-1)
    events = window.events
    app, environment, platform, release = first_origin(window, events)
    request_ids = window.request_ids
    attempts = 0
    for event in events:
        if event[NAME] in ATTEMPTS and event[WHAT] < BROWSER:
            attempts += 1
    return {
        "v": 1,
        "visit_id": visit_id,
        "connect_session_id": window.key,
        "converted": any(course.outcome == "completed" for course in connects),
        "request_ids": [request_ids[session.request] for session in sessions if session.request != NO_REQUEST],
        "attempts": attempts,
        "furthest_stage": STAGES[furthest] if furthest >= 0 else None,
        "outcome": last.outcome,
        "failure_code": last.failure_code,
        "failure_class": last.failure_class,
        "started_at": format_ms(window.first_ms),
        "ended_at": format_ms(window.last_ms),
        "institution": last_institution(events),
        "app": app,
        "environment": environment,
        "platform": platform,
        "release": release,
    }
