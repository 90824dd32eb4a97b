"""One partition of flinks.events through the rules."""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.oracle.reading import ORDER, Event, UnusableError, read
from tests.oracle.results import session_record, visit_record
from tests.oracle.steps import claimant, sessions_of
from tests.oracle.windows import MINUTE_MS, Emitted, Window, place

DISORDER_MS = 60_000
FOREVER_MS = 2**62


class Oracle:
    """Feed it records in arrival order; the results stand in `sessions`, `visits` and `emitted`.

    A key's windows are looked at before each event of that key; keys without further events about once a
    minute of stream time, and all of them by `advance` and `finish`. So `emitted` is in order for each key,
    but not across keys.
    """

    def __init__(self) -> None:
        self.watermark_ms = -FOREVER_MS
        self.windows: dict[str, list[Window]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.visits: dict[str, dict[str, Any]] = {}
        self.emitted: list[dict[str, Any]] = []
        self.rejected: list[tuple[str, str]] = []
        self.duplicates = 0
        self.over_cap = 0
        self._swept_ms = -FOREVER_MS

    @property
    def open_keys(self) -> set[str]:
        """Keys with living windows."""
        self._sweep()
        return set(self.windows)

    def arrive(self, value: bytes | None, append_ms: int | None = None) -> None:
        """The next record. `append_ms` is the broker's clock; None offline."""
        try:
            event = read(value, append_ms)
        except UnusableError as error:
            self.rejected.append((error.reason, error.detail))
            return
        key = event.key
        windows = self._look(key, self.windows.get(key, []))
        placed = place(windows, event, self.watermark_ms)
        if windows:
            self.windows[key] = windows
        if placed == "too_late":
            self.rejected.append((placed, event.id))
            return
        self.over_cap += placed == "over_cap"
        self.duplicates += placed == "copy"
        self.watermark_ms = max(self.watermark_ms, event.time_ms - DISORDER_MS)
        if self.watermark_ms >= self._swept_ms + MINUTE_MS:
            self._sweep()

    def advance(self, watermark_ms: int) -> None:
        """The partition is idle and goes on with the clock."""
        self.watermark_ms = max(self.watermark_ms, watermark_ms)
        self._sweep()

    def finish(self) -> None:
        """The input ends: every window closes."""
        self.advance(FOREVER_MS)

    def _sweep(self) -> None:
        self._swept_ms = self.watermark_ms
        for key in list(self.windows):
            self._look(key, self.windows[key])

    def _look(self, key: str, windows: list[Window]) -> list[Window]:
        """Close what is due; return the windows that live on."""
        for window in windows:
            if self.watermark_ms >= window.looked_until_ms:
                self._close(key, window)
        living = [window for window in windows if self.watermark_ms < window.end_of_life_ms]
        if living:
            self.windows[key] = living
        else:
            self.windows.pop(key, None)
        return living

    def _close(self, key: str, window: Window) -> None:
        """Emit every session of a window that is due and new or changed, and the visit once all are due."""
        events = window.kept.values()
        sessions = sessions_of(events)
        records = []
        waiting = [float(window.end_of_life_ms)]
        for session in sessions:
            due_ms, _ = session.closing
            if self.watermark_ms < due_ms:
                waiting.append(due_ms)
                continue
            record = session_record(session)
            records.append(record)
            request_id = session.request_id
            # A request that claims the steps of a null session already emitted goes on under its identity.
            if request_id and request_id not in window.sessions and request_id == claimant(events):
                null = window.sessions.pop(None, None)
                if null is not None:
                    window.sessions[request_id] = null
            before = window.sessions.get(request_id)
            taken = {emitted.id for emitted in window.sessions.values()}
            now = _revise(before, record, _free_id(key, session.events, taken))
            if now is not before:
                window.sessions[request_id] = now
                duplicates = sum(window.duplicates[event.id] for event in session.events)
                self._emit_session(now, duplicates)
        window.looked_until_ms = min(waiting)
        from_browser = [event for event in events if event.from_browser]
        a_visit = any(event.connect_session_id for event in events)
        if len(records) == len(sessions) and from_browser and a_visit:
            first = min(from_browser, key=ORDER)
            visit = _revise(window.visit, visit_record(sessions, records), _result_id(key, first))
            if visit is not window.visit:
                window.visit = visit
                self._emit_visit(visit)

    def _emit_session(self, now: Emitted, duplicates: int) -> None:
        result = {
            "v": 1,
            "session_id": now.id,
            "revision": now.revision,
            **now.content,
            "duplicates": duplicates,
        }
        self.sessions[now.id] = result
        self.emitted.append(result)

    def _emit_visit(self, now: Emitted) -> None:
        result = {"v": 1, "visit_id": now.id, "revision": now.revision, **now.content}
        self.visits[now.id] = result
        self.emitted.append(result)


def _result_id(key: str, first: Event) -> str:
    return hashlib.sha256(f"{key}\n{first.id}".encode()).hexdigest()[:32]


def _free_id(key: str, events: Sequence[Event], taken: set[str]) -> str:
    """By the first event; when a step was given to another session after it was told, by the first free one."""
    ids = [_result_id(key, event) for event in events]
    return next((one for one in ids if one not in taken), ids[0])


def _revise(before: Emitted | None, content: dict[str, Any], new_id: str) -> Emitted:
    """The same object if there is nothing new to say, else the first or the next revision."""
    if before is None:
        return Emitted(new_id, 1, content)
    if before.content == content:
        return before
    return Emitted(before.id, before.revision + 1, content)


def run(lines: Iterable[bytes]) -> Oracle:
    """Offline: one partition in arrival order, without the broker's clock."""
    oracle = Oracle()
    with no_garbage_collection():
        for line in lines:
            oracle.arrive(line)
        oracle.finish()
    return oracle


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Nothing here is cyclic, and to look for cycles among a million results takes nearly as long as to make them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
