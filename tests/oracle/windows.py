"""A session window: the events of one record key that lie together, and what was emitted of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.reading import ORDER, Event
from tests.oracle.tables import PENDING

MINUTE_MS = 60_000
REACH_MS = 18 * MINUTE_MS  # gap 8 + late time 10
LONG_REACH_MS = 40 * MINUTE_MS  # gap 30 + late time 10
LIMIT_MS = 120 * MINUTE_MS
TERMINAL_MS = 30_000
CAP = 500


@dataclass
class Emitted:
    """The identity of a result and what was last said under it, but for `revision` and `duplicates`."""

    id: str
    revision: int
    content: dict[str, Any]


@dataclass
class Window:
    """Events in arrival order by id; the sessions' and the visit's identities once emitted."""

    kept: dict[str, Event] = field(default_factory=dict)
    duplicates: Counter[str] = field(default_factory=Counter)
    sessions: dict[str | None, Emitted] = field(default_factory=dict)
    visit: Emitted | None = None
    first_ms: int = 0
    last_ms: int = 0
    reach_ms: int = REACH_MS
    looked_until_ms: float = float("-inf")  # below this watermark there is nothing to do

    def measure(self) -> None:
        """After any change of the events: where it starts and ends and how far it reaches."""
        times = [event.time_ms for event in self.kept.values()]
        self.first_ms = min(times)
        self.last_ms = max(times)
        self.reach_ms = reach_of(self.kept.values())
        self.looked_until_ms = self.first_ms + TERMINAL_MS  # no session closes sooner

    @property
    def end_of_life_ms(self) -> int:
        return self.last_ms + self.reach_ms

    def takes(self, time_ms: int) -> bool:
        distance = max(self.first_ms - time_ms, time_ms - self.last_ms, 0)
        span = max(self.last_ms, time_ms) - min(self.first_ms, time_ms)
        return distance < self.reach_ms and span < LIMIT_MS

    def is_full_for(self, event: Event) -> bool:
        """Whether the event is over the cap; a request's first REDIRECT never is."""
        if len(self.kept) < CAP:
            return False
        if event.name != "REDIRECT":
            return True
        redirected = {one.request_id for one in self.kept.values() if one.name == "REDIRECT"}
        return event.request_id in redirected

    def copy(self, event: Event) -> None:
        """Another copy of a kept id: the earlier one counts."""
        self.duplicates[event.id] += 1
        kept = self.kept[event.id]
        if (event.time_ms, event.seq) < (kept.time_ms, kept.seq):
            self.kept[event.id] = event
            self.measure()

    def add(self, event: Event) -> None:
        self.kept[event.id] = event
        self.measure()

    def fits_with(self, other: "Window") -> bool:
        return max(self.last_ms, other.last_ms) - min(self.first_ms, other.first_ms) < LIMIT_MS

    def merge(self, later: "Window") -> None:
        """Take in a later window. What this one has emitted keeps its identity."""
        self.kept |= later.kept
        self.duplicates += later.duplicates
        self.sessions = later.sessions | self.sessions
        self.visit = self.visit or later.visit
        self.measure()


def reach_of(events: Iterable[Event]) -> int:
    """40 minutes with an operation that is pending or dispatched or anything not from a browser, else 18."""
    long = any(event.name in PENDING or not event.from_browser for event in events)
    return LONG_REACH_MS if long else REACH_MS


def place(windows: list[Window], event: Event, watermark_ms: int) -> str:
    """Give an event to the living windows of its key, in place.

    Returns:
        "copy", "over_cap", "too_late" or "kept".
    """
    for window in windows:
        if event.id in window.kept:
            window.copy(event)
            return "copy"
    taking = [window for window in windows if window.takes(event.time_ms)]
    if len(taking) > 1:
        taking.sort(key=lambda window: min(map(ORDER, window.kept.values())))
    if not taking:
        if event.time_ms + reach_of([event]) <= watermark_ms:
            return "too_late"
        window = Window()
        window.add(event)
        windows.append(window)
        return "kept"
    earliest, *further = taking
    if earliest.is_full_for(event):
        return "over_cap"
    earliest.add(event)
    for window in further:
        if earliest.fits_with(window):
            earliest.merge(window)
            windows.remove(window)
    return "kept"
