"""When a window's sessions and its visit are due, and what is emitted then."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import orjson
from msgspec import Struct

from pipeline.sessions.outcome import Course, course_of, in_progress
from pipeline.sessions.result import result_id, session_content
from pipeline.sessions.rules import (
    BACKGROUND,
    BROWSER,
    CLOSES,
    DATA_GAP_MS,
    INACTIVITY_GAP_MS,
    LIMIT_MS,
    REDIRECTS,
    TERMINAL_GAP_MS,
)
from pipeline.sessions.steps import Session, claiming_request_id, sessions_of
from pipeline.sessions.visit import visit_content
from pipeline.sessions.window import ID, NAME, TIME, WHAT, Emitted, Window


class Emission(Struct, gc=False):
    """One result to be emitted."""

    course: Course | None
    """Of a session; None for a visit."""
    key: str
    value: bytes
    content: dict[str, Any]
    revision: int
    outcome_before: str | None
    """None for the first revision."""


def close_due(window: Window, watermark_ms: int) -> list[Emission]:
    """What is to be emitted at this watermark; sets when the window is to be looked at again.

    A result is emitted if it never was, or says something else than it did.
    """
    sessions = sessions_of(window)
    emissions: list[Emission] = []
    courses: list[Course | None] = []
    first_ms = window.first_ms
    next_ms = window.expiry_ms
    waiting = still_changed = False
    for place, session in enumerate(sessions):
        due_ms, closed_by = _due(session, first_ms)
        emitted = _emitted(window, session, sessions) if window.sessions else None
        course = None
        if due_ms > watermark_ms:
            next_ms = min(next_ms, due_ms)
            waiting = True
            still_changed = still_changed or emitted is not None
        elif emitted is None or (window.changed and emitted.digest is not None):
            course = course_of(session.events, connect=session.connect)
            emission = _close(window, sessions, place, course, closed_by, emitted)
            if emission is not None:
                emissions.append(emission)
        courses.append(course)
    if not waiting and window.of_visit and (emissions or window.changed):
        visit = _close_visit(window, sessions, courses)
        if visit is not None:
            emissions.append(visit)
    window.changed = window.changed and still_changed
    window.due_ms = next_ms
    return emissions


def remember(window: Window) -> None:
    """Note what was emitted while the window's events still say it; to be called before they change.

    Most windows never change after their results were emitted, so that it is not noted before.
    """
    if not window.sessions:
        return
    sessions = sessions_of(window)
    courses = []
    for place, session in enumerate(sessions):
        course = course_of(session.events, connect=session.connect)
        courses.append(course)
        emitted = window.sessions.get(session.request_id)
        if emitted is not None and emitted.digest is None:
            closed_by = _due(session, window.first_ms)[1]
            attempt = _attempt(sessions, place)
            emitted.digest = _digest(
                orjson.dumps(session_content(window, session, course, emitted.id, attempt, closed_by))
            )
    visit = window.visit
    if visit is not None and visit.digest is None:
        visit.digest = _digest(orjson.dumps(visit_content(window, sessions, courses, visit.id)))


def _due(session: Session, first_ms: int) -> tuple[int, str]:
    """When the session closes, by the watermark in ms, and what closes it; `first_ms` is the window's start."""
    events = session.events
    last = events[-1]
    names = {event[NAME] for event in events}
    if not REDIRECTS.isdisjoint(names) or (last[NAME] in CLOSES if session.connect else not in_progress(last)):
        due_ms, closed_by = last[TIME] + TERMINAL_GAP_MS, "terminal"
    elif not session.connect or not BACKGROUND.isdisjoint(names):
        due_ms, closed_by = last[TIME] + DATA_GAP_MS, "inactivity"
    else:
        due_ms, closed_by = last[TIME] + INACTIVITY_GAP_MS, "inactivity"
    limit_ms = first_ms + LIMIT_MS
    return (limit_ms, "limit") if limit_ms < due_ms else (due_ms, closed_by)


def _emitted(window: Window, session: Session, sessions: Sequence[Session]) -> Emitted | None:
    """What was emitted of this session, or of the steps without a request that it claims."""
    known = window.sessions or {}
    emitted = known.get(session.request_id)
    if (
        emitted is None
        and None in known
        and all(other.request_id is not None for other in sessions)
        and session.request_id == claiming_request_id(window)
    ):
        return known[None]
    return emitted


def _close(
    window: Window,
    sessions: Sequence[Session],
    place: int,
    course: Course,
    closed_by: str,
    emitted: Emitted | None,
) -> Emission | None:
    """The result of a session that is due, None if it says nothing new."""
    session = sessions[place]
    request_id = session.request_id
    session_id = result_id(window.key, session.events[0][ID]) if emitted is None else emitted.id
    content = session_content(window, session, course, session_id, _attempt(sessions, place), closed_by)
    said = orjson.dumps(content)
    known = window.sessions
    if known is None:
        known = window.sessions = {}
    revision, before = 1, None
    if emitted is not None:
        if emitted.digest == _digest(said):
            return None
        revision, before = emitted.revision + 1, emitted.outcome
        if known.get(None) is emitted:
            del known[None]
    known[request_id] = Emitted(session_id, revision, course.outcome)
    duplicates = _duplicates(window, session) if window.copies else 0
    value = b'%b,"revision":%d,"duplicates":%d}' % (said[:-1], revision, duplicates)
    return Emission(course, request_id or window.key, value, content, revision, before)


def _close_visit(
    window: Window, sessions: Sequence[Session], known_courses: Sequence[Course | None]
) -> Emission | None:
    """The result of a visit that is due, None if it says nothing new or the browser had no part."""
    emitted = window.visit
    if not any(session.connect for session in sessions) or (emitted and emitted.digest is None):
        return None
    courses = [
        course or course_of(session.events, connect=session.connect)
        for session, course in zip(sessions, known_courses, strict=True)
    ]
    visit_id = _visit_id(window) if emitted is None else emitted.id
    content = visit_content(window, sessions, courses, visit_id)
    said = orjson.dumps(content)
    revision, before = 1, None
    if emitted is not None:
        if emitted.digest == _digest(said):
            return None
        revision, before = emitted.revision + 1, emitted.outcome
    window.visit = Emitted(visit_id, revision, content["outcome"])
    return Emission(None, window.key, b'%b,"revision":%d}' % (said[:-1], revision), content, revision, before)


_DIGEST_BYTES: Final = 8
"""Two results of one session that differ are taken for equal once in 10^19 times."""


def _digest(said: bytes) -> str:
    return blake2b(said, digest_size=_DIGEST_BYTES).hexdigest()


def _attempt(sessions: Sequence[Session], place: int) -> int:
    """Which one it is among the sessions of its kind, from 1."""
    connect = sessions[place].connect
    return sum([session.connect == connect for session in sessions[: place + 1]])


def _duplicates(window: Window, session: Session) -> int:
    copies = window.copies or {}
    return sum(copies.get(event[ID], 0) for event in session.events)


def _visit_id(window: Window) -> str:
    first = next(event for event in window.events if event[WHAT] < BROWSER)
    return result_id(window.key, first[ID])
