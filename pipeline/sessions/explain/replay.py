"""Folding the records of one key again, and remembering what became of each.

The rules are those of SessionFold, which does the work here too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from pipeline.engine.fold import Record
from pipeline.flinks.event import Event, Unusable, read
from pipeline.sessions.fold import SessionFold, Topics
from pipeline.sessions.offline import END_MS, NO_APPEND_MS
from pipeline.sessions.state import load_windows
from pipeline.sessions.window import Window

IDLE_MS: Final = 1_000
"""A partition that gets nothing for this long is idle: a worker that keeps up has noticed by then."""

_TOPICS: Final = Topics()


class Fate(StrEnum):
    """What became of an event."""

    KEPT = "kept"
    COPY = "copy"
    """Its id was there before."""
    OVER_CAP = "over_cap"
    """Its window was full."""
    TOO_LATE = "too_late"
    """Its window was gone: it was rejected."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event of the key as it arrived."""

    event: Event
    time_ms: int
    """Event time."""
    fate: Fate
    behind_ms: int
    """How far the watermark had passed it by; 0 for an event in time."""
    told: frozenset[str | None]
    """Requests of its window whose result had been told before it came."""


class Replay:
    """Takes the records of a partition in order, and keeps what belongs to one key.

    Event time is that of the whole partition. As no checkpoint is read, it is unknown before the first record, so
    let that be earlier than the key's first.

    Attributes:
        key: The connect_session_id, or the request_id where there is none.
        arrived: The key's events in order of arrival.
        results: The sessions' results in order of emission, all revisions.
    """

    def __init__(self, key: str) -> None:
        """Nothing has been taken yet."""
        self.key = key
        self.arrived: list[Arrived] = []
        self.results: list[dict[str, Any]] = []
        self._fold = SessionFold(0)
        self._append_ms = NO_APPEND_MS
        self._living: list[Window] = []
        self._gone: list[Window] = []

    @property
    def windows(self) -> list[Window]:
        """All of the key's windows, in order of start."""
        return sorted([*self._gone, *self._living], key=lambda window: window.events[0])

    @property
    def watermark_ms(self) -> int:
        """Event time that has been reached."""
        return self._fold.clock.watermark_ms

    def take(self, records: Iterable[Record]) -> None:
        """Go on with records of the partition; those that can not be used are passed over."""
        clock = self._fold.clock
        for record in records:
            _, append_ms, _, value = record
            try:
                event, time_ms, _ = read(value)
            except Unusable:
                continue
            if append_ms - self._append_ms > IDLE_MS and append_ms < NO_APPEND_MS:
                clock.idle(append_ms)
            self._append_ms = append_ms
            time_ms = min(time_ms, append_ms)
            if (event.connect_session_id or event.request_id) == self.key:
                self._take(record, event, time_ms)
            elif clock.high_ms is None or time_ms > clock.high_ms:
                clock.high_ms, clock.high_append_ms = time_ms, append_ms
                clock.watermark_ms = max(clock.watermark_ms, time_ms - clock.disorder_ms)

    def idle(self, now_ms: int) -> None:
        """The partition has nothing more up to now."""
        self._fold.advance(self._fold.clock.idle(now_ms))
        self._gather()

    def end(self) -> None:
        """Close all windows, for there will be nothing more."""
        self._fold.advance(END_MS)
        self._gather()

    def _take(self, record: Record, event: Event, time_ms: int) -> None:
        self._fold.advance(self.watermark_ms)  # what the other keys have made due is closed before
        self._gather()
        watermark_ms, before = self.watermark_ms, self._living
        self._fold.process([record])
        fate = self._gather()
        into = next((window for window in self._living if event.id in window.ids), None)
        told = [window.sessions or () for window in before if into is not None and _went_into(window, into)]
        behind_ms = max(0, watermark_ms - time_ms)
        self.arrived.append(Arrived(event, time_ms, fate, behind_ms, frozenset().union(*told)))

    def _gather(self) -> Fate:
        changes = self._fold.take_changes()
        self.results += [orjson.loads(value) for _, value in changes.results.get(_TOPICS.sessions, ())]
        for key, state in changes.states:
            found = load_windows(key.decode(), state) if state is not None else []
            self._gone += [
                window for window in self._living if not any(_went_into(window, successor) for successor in found)
            ]
            self._living = found
        if changes.tally.rejected:
            return Fate.TOO_LATE
        if changes.tally.over_cap:
            return Fate.OVER_CAP
        return Fate.COPY if changes.tally.duplicates else Fate.KEPT


def _went_into(window: Window, successor: Window) -> bool:
    return not successor.ids.keys().isdisjoint(window.ids)
