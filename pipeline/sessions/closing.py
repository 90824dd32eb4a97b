"""When a window's sessions and its visit are due, and what is emitted then."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson

from pipeline.sessions.outcome import Course, in_progress
from pipeline.sessions.result import request_id_of, result_id, session_content, session_course
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
from pipeline.sessions.steps import Session, claiming_request, sessions_of
from pipeline.sessions.visit import visit_content
from pipeline.sessions.window import ID, NAME, NO_REQUEST, TIME, WHAT, Emitted, Window


@dataclass(slots=True)
class Emission:
    """One result to be emitted."""

    of_visit: bool
    key: str
    value: bytes
    content: dict[str, Any]
    revision: int
    course: Course | None
    """Of a session; None for a visit."""
    outcome_before: str | None
    """None for the first revision."""


def due_of(session: Session, first_ms: int) -> tuple[int, str]:
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


def close_due(window: Window, watermark_ms: int) -> list[Emission]:
    """What is to be emitted at this watermark; sets when the window is to be looked at again.

    A result is emitted if it never was, or says something else than it did.
    """
    return _Closing(window, watermark_ms).emissions()


class _Closing:
    """One look at a window."""

    __slots__ = ("courses", "found", "sessions", "watermark_ms", "window")

    def __init__(self, window: Window, watermark_ms: int) -> None:
        self.window = window
        self.watermark_ms = watermark_ms
        self.sessions = sessions_of(window)
        self.courses: list[Course | None] = [None] * len(self.sessions)
        self.found: list[Emission] = []

    def emissions(self) -> list[Emission]:
        window = self.window
        first_ms = window.first_ms
        next_ms = window.expiry_ms
        waiting = False
        still_changed = False
        for place, session in enumerate(self.sessions):
            due_ms, closed_by = due_of(session, first_ms)
            emitted = self._emitted(session)
            if due_ms > self.watermark_ms:
                next_ms = min(next_ms, due_ms)
                waiting = True
                still_changed = still_changed or emitted is not None
            elif emitted is None or window.changed:
                self._close(place, session, emitted, closed_by)
        if not waiting and window.of_visit and (self.found or window.changed):
            self._close_visit()
        window.changed = window.changed and still_changed
        window.due_ms = next_ms
        return self.found

    def _emitted(self, session: Session) -> Emitted | None:
        """What was emitted of this session, or of the steps without a request that it claims."""
        known = self.window.sessions
        if not known:
            return None
        request_id = request_id_of(self.window, session)
        emitted = known.get(request_id)
        if emitted is None and None in known and self._claims(session):
            return known[None]
        return emitted

    def _claims(self, session: Session) -> bool:
        if session.request == NO_REQUEST or any(other.request == NO_REQUEST for other in self.sessions):
            return False
        return session.request == claiming_request(self.window)

    def _course(self, place: int) -> Course:
        course = self.courses[place]
        if course is None:
            course = self.courses[place] = session_course(self.sessions[place])
        return course

    def _close(self, place: int, session: Session, emitted: Emitted | None, closed_by: str) -> None:
        window = self.window
        request_id = request_id_of(window, session)
        course = self._course(place)
        content = session_content(
            window,
            session,
            course,
            session_id=emitted.id if emitted else result_id(window.key, session.events[0][ID]),
            attempt=_attempt(self.sessions, place),
            closed_by=closed_by,
        )
        said = orjson.dumps(content)
        digest = _digest(said)
        if emitted and emitted.digest == digest:
            return
        duplicates = _duplicates(window, session)
        revision = emitted.revision + 1 if emitted else 1
        known = window.sessions
        if known is None:
            known = window.sessions = {}
        if emitted and request_id is not None and known.get(None) is emitted:
            del known[None]
        known[request_id] = Emitted(content["session_id"], revision, digest, course.outcome)
        self.found.append(
            Emission(
                of_visit=False,
                key=request_id or window.key,
                value=b'%b,"revision":%d,"duplicates":%d}' % (said[:-1], revision, duplicates),
                content=content,
                revision=revision,
                course=course,
                outcome_before=emitted.outcome if emitted else None,
            )
        )

    def _close_visit(self) -> None:
        window = self.window
        if not any(session.connect for session in self.sessions):
            return
        emitted = window.visit
        courses = [self._course(place) for place in range(len(self.sessions))]
        visit_id = emitted.id if emitted else _visit_id(window)
        content = visit_content(window, self.sessions, courses, visit_id=visit_id)
        said = orjson.dumps(content)
        digest = _digest(said)
        if emitted and emitted.digest == digest:
            return
        revision = emitted.revision + 1 if emitted else 1
        window.visit = Emitted(visit_id, revision, digest, content["outcome"])
        self.found.append(
            Emission(
                of_visit=True,
                key=window.key,
                value=b'%b,"revision":%d}' % (said[:-1], revision),
                content=content,
                revision=revision,
                course=None,
                outcome_before=emitted.outcome if emitted else None,
            )
        )


_DIGEST_BYTES: Final = 8
"""Two results of one session that differ are taken for equal once in 10^19 times."""


def _digest(said: bytes) -> str:
    return blake2b(said, digest_size=_DIGEST_BYTES).hexdigest()


def _attempt(sessions: Sequence[Session], place: int) -> int:
    """Which one it is among the sessions of its kind, from 1."""
    connect = sessions[place].connect
    return sum(session.connect == connect for session in sessions[: place + 1])


def _duplicates(window: Window, session: Session) -> int:
    copies = window.copies
    if not copies:
        return 0
    return sum(copies.get(event[ID], 0) for event in session.events)


def _visit_id(window: Window) -> str:
    first = next(event for event in window.events if event[WHAT] < BROWSER)
    return result_id(window.key, first[ID])
