"""The result of one visit: the fields of flinks.visits but `revision`."""

from collections.abc import Sequence
from typing import Any

from pipeline.flinks.catalogue import STAGES
from pipeline.flinks.times import format_each
from pipeline.sessions.outcome import Course
from pipeline.sessions.result import first_origin, last_institution
from pipeline.sessions.steps import Session
from pipeline.sessions.window import Window


def visit_content(
    window: Window, sessions: Sequence[Session], courses: Sequence[Course], visit_id: str
) -> dict[str, Any]:
    """The result's fields. Sessions are in order of start, at least one is a connect session."""
    connects = [course for session, course in zip(sessions, courses, strict=True) if session.connect]
    last = connects[-1]
    furthest = max([max(course.stages, default=-1) for course in connects])
    events = window.events
    app, environment, platform, release = first_origin(window, events)
    started_at, ended_at = format_each((window.first_ms, window.last_ms))
    return {
        "v": 1,
        "visit_id": visit_id,
        "connect_session_id": window.key,
        "converted": any(course.outcome == "completed" for course in connects),
        "request_ids": [session.request_id for session in sessions if session.request_id is not None],
        "attempts": sum([course.attempts for course in connects]),
        "furthest_stage": STAGES[furthest] if furthest >= 0 else None,
        "outcome": last.outcome,
        "failure_code": last.failure_code,
        "failure_class": last.failure_class,
        "started_at": started_at,
        "ended_at": ended_at,
        "institution": last_institution(events),
        "app": app,
        "environment": environment,
        "platform": platform,
        "release": release,
    }
