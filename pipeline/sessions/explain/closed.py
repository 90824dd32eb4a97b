"""Why a session was closed when it was, what changed its result later, or what it waits for."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from pipeline.flinks.times import format_ms
from pipeline.sessions.explain.words import at, told_ms
from pipeline.sessions.rules import BACKGROUND, DATA_GAP_MS, INACTIVITY_GAP_MS, LIMIT_MS
from pipeline.sessions.session import Session
from pipeline.sessions.window import NAME, Kept

_NO_NEWS: Final = frozenset({"revision", "duplicates"})


def closing(session: Session, events: Sequence[Kept], closed_by: str) -> str:
    """Why it was closed; `events` are the session's."""
    if closed_by == "limit":
        return f"It was closed because its visit had lasted {told_ms(LIMIT_MS)}, the longest that one may."
    gap = told_ms(session.script.gap_ms)
    if closed_by == "terminal":
        return f"That ends a journey, so it was closed {gap} after its last event."
    told = f"Nothing more came for {gap}, so it was closed"
    if session.script.gap_ms != DATA_GAP_MS:
        return f"{told}."
    working = next((event for event in events if event[NAME] in BACKGROUND), None)
    why = f"Flinks was working in the background ({at(working)})" if working else "data may take that long"
    return f"{told}; not after {told_ms(INACTIVITY_GAP_MS)}, because {why}."


def waiting(session: Session, window_start_ms: int, watermark_ms: int) -> str:
    """When a session that is still open will be closed."""
    due_ms = min(session.times[-1] + session.script.gap_ms, window_start_ms + LIMIT_MS)
    now = f"event time in its partition is {format_ms(watermark_ms)} now"
    if watermark_ms >= due_ms:
        return f"It is due since {format_ms(due_ms)} ({now}), and no result is there: a worker is behind, or none runs."
    return f"If nothing more comes, it will be closed at {format_ms(due_ms)} ({now})."


def revisions(results: Sequence[dict[str, Any]]) -> list[str]:
    """What each further revision changed; `results` are those of one session in order."""
    told = []
    for before, after in pairwise(results):
        if after["session_id"] != before["session_id"]:  # of two windows that were merged
            continue
        number = after["revision"]
        changed = [name for name in after if name not in _NO_NEWS and after[name] != before.get(name)]
        if "outcome" in changed:
            what = f"turned {before['outcome']} into {after['outcome']}"
        elif changed:
            what = f"changed {', '.join(changed)}"
        else:
            continue
        told.append(f"Revision {number} {what}: something came after the result.")
    return told
