"""When a window's sessions and its visit are due, and what is emitted then."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from pipeline.sessions.journey import Journey, journey_of
from pipeline.sessions.result import result_id, session_said, visit_said
from pipeline.sessions.rules import BROWSER, LIMIT_MS
from pipeline.sessions.script import Script
from pipeline.sessions.session import Session, Summary
from pipeline.sessions.steps import claiming_request_id, is_one_session, sessions_of
from pipeline.sessions.window import ID, WHAT, Emitted, Window


class Emission(Struct, gc=False):
    """One result to be emitted, and what is to be counted of it."""

    session: Session | None
    """None for a visit."""
    key: str
    value: bytes
    revision: int
    outcome_before: str | None
    """None for the first revision."""
    app: str | None
    institution: str | None
    journey: Journey | None = None
    """Of a visit."""


def close_due(window: Window, watermark_ms: int) -> list[Emission]:
    """What is to be emitted at this watermark; sets when the window is to be looked at again.

    A result is emitted if it never was, or says something else than it did.
    """
    limit_ms = window.first_ms + LIMIT_MS
    if is_one_session(window):
        due_ms = min(window.last_ms + window.gap_ms, limit_ms)
        if watermark_ms < due_ms:  # it has gone on since the time was set
            window.changed = window.changed and window.sessions is not None
            window.due_ms = due_ms
            return []
    sessions = sessions_of(window)
    emissions: list[Emission] = []
    next_ms = window.expiry_ms
    waiting = still_changed = False
    for place, session in enumerate(sessions):
        due_ms = min(session.times[-1] + session.script.gap_ms, limit_ms)
        emitted = _emitted(window, session, sessions) if window.sessions else None
        if due_ms > watermark_ms:
            next_ms = min(next_ms, due_ms)
            waiting = True
            still_changed = still_changed or emitted is not None
        elif emitted is None or (window.changed and emitted.digest is not None):
            emission = _close(window, sessions, place, emitted)
            if emission is not None:
                emissions.append(emission)
    if not waiting and window.of_visit and (emissions or window.changed):
        visit = _close_visit(window, sessions)
        if visit is not None:
            emissions.append(visit)
    window.changed = window.changed and still_changed
    window.due_ms = next_ms
    return emissions


def remember(window: Window) -> None:
    """Note what was emitted while the window's events still say it; to be called before they change.

    Most windows never change after their results were emitted, so that it is not noted before.
    """
    known, visit = window.sessions, window.visit
    if not known or (all(emitted.digest for emitted in known.values()) and (visit is None or visit.digest)):
        return
    sessions = sessions_of(window)
    for place, session in enumerate(sessions):
        emitted = known.get(session.request_id)
        if emitted is not None and emitted.digest is None:
            summary = session.summary(window.origins)
            emitted.digest = _digest(_session_said(window, sessions, place, summary, emitted.id))
    journey = journey_of(_scripts(sessions))
    if visit is not None and visit.digest is None and journey is not None:
        summary = _whole(window, sessions).summary(window.origins)
        visit.digest = _digest(visit_said(window, summary, sessions, journey, visit.id))


def _session_said(window: Window, sessions: Sequence[Session], place: int, summary: Summary, session_id: str) -> str:
    session = sessions[place]
    script = session.script
    limited = window.first_ms + LIMIT_MS < session.times[-1] + script.gap_ms
    attempt = 1 + sum([other.script.connect == script.connect for other in sessions[:place]]) if place else 1
    return session_said(window, session, summary, session_id, attempt, "limit" if limited else script.closed_by)


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


def _close(window: Window, sessions: Sequence[Session], place: int, emitted: Emitted | None) -> Emission | None:
    """The result of a session that is due, None if it says nothing new."""
    session = sessions[place]
    request_id = session.request_id
    script = session.script
    session_id = _session_id(window, session) if emitted is None else emitted.id
    summary = session.summary(window.origins)
    said = _session_said(window, sessions, place, summary, session_id)
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
    # Where there are many sessions, to remember them all at each of their events would take too long.
    digest = _digest(said) if len(sessions) > _FEW_SESSIONS else None
    known[request_id] = Emitted(session_id, revision, script.outcome, digest)
    copies = window.copies
    duplicates = sum(copies.get(event_id, 0) for event_id in session.ids) if copies else 0
    value = f'{said},"revision":{revision},"duplicates":{duplicates}}}'.encode()
    return Emission(session, request_id or window.key, value, revision, before, summary.app, summary.institution)


def _close_visit(window: Window, sessions: Sequence[Session]) -> Emission | None:
    """The result of a visit that is due, None if it says nothing new or the browser had no part."""
    emitted = window.visit
    if emitted is not None and emitted.digest is None:
        return None
    journey = journey_of(_scripts(sessions))
    if journey is None:
        return None
    visit_id = _visit_id(window) if emitted is None else emitted.id
    summary = _whole(window, sessions).summary(window.origins)
    said = visit_said(window, summary, sessions, journey, visit_id)
    revision, before = 1, None
    if emitted is not None:
        if emitted.digest == _digest(said):
            return None
        revision, before = emitted.revision + 1, emitted.outcome
    digest = _digest(said) if len(sessions) > _FEW_SESSIONS else None
    window.visit = Emitted(visit_id, revision, journey.outcome, digest)
    value = f'{said},"revision":{revision}}}'.encode()
    return Emission(None, window.key, value, revision, before, summary.app, summary.institution, journey)


def _scripts(sessions: Sequence[Session]) -> tuple[Script, ...]:
    return tuple([session.script for session in sessions])


def _whole(window: Window, sessions: Sequence[Session]) -> Session:
    return sessions[0] if len(sessions) == 1 else Session(None, window.events)


_FEW_SESSIONS: Final = 8
_DIGEST_BYTES: Final = 8
"""Two results of one session that differ are taken for equal once in 10^19 times."""


def _digest(said: str) -> str:
    return blake2b(said.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _session_id(window: Window, session: Session) -> str:
    """By the session's first event, or the next one if a session that was told before it bears that id already."""
    first_id = result_id(window.key, session.ids[0])
    if not window.sessions:
        return first_id
    taken = {emitted.id for emitted in window.sessions.values()}
    ids = [result_id(window.key, event_id) for event_id in session.ids]
    return next((found for found in ids if found not in taken), first_id)


def _visit_id(window: Window) -> str:
    first = window.events[0]
    if first[WHAT] >= BROWSER:
        first = next(event for event in window.events if event[WHAT] < BROWSER)
    return result_id(window.key, first[ID])
