"""A session window: the events of one key that lie near each other, in order."""

from bisect import insort
from typing import Final

from msgspec import Struct

from pipeline.sessions.rules import (
    BACKGROUND,
    BROWSER,
    CLOSES,
    DATA_REACH_MS,
    INACTIVITY_GAP_MS,
    LIMIT_MS,
    REACH_MS,
    REDIRECTS,
    TERMINAL_GAP_MS,
)

Extra = int | tuple[int | None, tuple[str, ...]] | None
"""HTTP status; or that and the MFA types; or neither."""

Kept = tuple[int, int, str, str, int, int, str | None, int, Extra]
"""An event as a window keeps it: time in ms, seq (-1: none), id, name, what, request, institution, origin, extra.

The first three are its order. `what` is the sum of its source and kind as rules.SOURCES and rules.KINDS have them.
`request` and `origin` are places in the window's tuples, -1 for no request. A plain tuple of plain values, so that
the garbage collector has nothing to follow.
"""

TIME: Final = 0
SEQ: Final = 1
ID: Final = 2
NAME: Final = 3
WHAT: Final = 4
REQUEST: Final = 5
INSTITUTION: Final = 6
ORIGIN: Final = 7
EXTRA: Final = 8

Origin = tuple[str | None, str | None, str | None, str | None]
"""app, environment, platform, release."""

NO_REQUEST: Final = -1
NEVER_MS: Final = 2**62


class Emitted(Struct, gc=False):
    """What is known of a result that was emitted: who it is and what it said."""

    id: str
    revision: int
    outcome: str
    digest: str | None = None
    """Of what it said; None as long as the window's events still say it."""


class Window(Struct, gc=False, eq=False):
    """The events of one key near each other, and what was emitted from them."""

    key: str
    of_visit: bool
    """It has a connect_session_id."""
    events: list[Kept]
    """In order; there is at least one."""
    ids: dict[str, None]
    """Of the events. To look one up touches less memory than in a list, and a dict is half as large as a set."""
    request_ids: tuple[str, ...]
    """Every request id that an event has, in order of arrival."""
    origins: tuple[Origin, ...]
    """The distinct origins of the events."""
    reach_ms: int = REACH_MS
    """How near an event must be to join."""
    gap_ms: int = INACTIVITY_GAP_MS
    """The shortest gap after which any of its sessions may close."""
    due_ms: int = NEVER_MS
    """Nothing is to be done before the watermark reaches this."""
    timer_ms: int = NEVER_MS
    """The earliest timer set for it."""
    changed: bool = True
    """What was emitted may not be what its events say."""
    logged: bool = False
    """The changelog knows its key."""
    weight: int = 0
    """Bytes, as they came, of the events that were not light (see rules.LIGHT_BYTES)."""
    copies: dict[str, int] | None = None
    """How often the id of an event came again; only ids that did."""
    sessions: dict[str | None, Emitted] | None = None
    """What was emitted, by request id; None if nothing was."""
    visit: Emitted | None = None

    @property
    def first_ms(self) -> int:
        return self.events[0][TIME]

    @property
    def last_ms(self) -> int:
        return self.events[-1][TIME]

    @property
    def expiry_ms(self) -> int:
        """When the watermark reaches this, the window goes."""
        return self.events[-1][TIME] + self.reach_ms

    def takes(self, time_ms: int) -> bool:
        """Whether an event of this time would join, were the window alone."""
        first_ms, last_ms = self.first_ms, self.last_ms
        distance_ms = max(first_ms - time_ms, time_ms - last_ms)
        return distance_ms < self.reach_ms and max(last_ms, time_ms) - min(first_ms, time_ms) < LIMIT_MS

    def request_place(self, request_id: str | None) -> int:
        """Where the request id stands in `request_ids`; it is added if it is new."""
        if request_id is None:
            return NO_REQUEST
        if request_id not in self.request_ids:
            self.request_ids += (request_id,)
        return self.request_ids.index(request_id)

    def origin_place(self, origin: Origin) -> int:
        """Where the origin stands in `origins`; it is added if it is new."""
        if origin not in self.origins:
            self.origins += (origin,)
        return self.origins.index(origin)

    def kept(self, event_id: str) -> Kept:
        """The event with this id."""
        return next(event for event in reversed(self.events) if event[ID] == event_id)

    def insert(self, event: Kept) -> None:
        """Keep an event anywhere in the order; its id is new."""
        insort(self.events, event)
        self.ids[event[ID]] = None

    def replace(self, event: Kept) -> None:
        """Let an earlier copy take the place of the event with its id."""
        self.events.remove(self.kept(event[ID]))
        insort(self.events, event)
        self._forget_unused_requests()
        self.survey()

    def _forget_unused_requests(self) -> None:
        used = {event[REQUEST] for event in self.events}
        places = [place for place in range(len(self.request_ids)) if place in used]
        moved = {place: new for new, place in enumerate(places)}
        self.request_ids = tuple(self.request_ids[place] for place in places)
        self.events = [
            (*event[:REQUEST], moved.get(event[REQUEST], NO_REQUEST), *event[INSTITUTION:]) for event in self.events
        ]

    def note(self, name: str, what: int) -> None:
        """Learn from an event that is being kept how the window reaches and how soon it may close."""
        if what >= BROWSER:
            self.reach_ms = DATA_REACH_MS
            self.gap_ms = TERMINAL_GAP_MS
        if name in BACKGROUND:
            self.reach_ms = DATA_REACH_MS
        if name in REDIRECTS or name in CLOSES:
            self.gap_ms = TERMINAL_GAP_MS

    def survey(self) -> None:
        """Learn that anew from all events."""
        self.reach_ms = REACH_MS
        self.gap_ms = INACTIVITY_GAP_MS
        for event in self.events:
            self.note(event[NAME], event[WHAT])

    def look_soon(self) -> None:
        """Something unusual changed: no session may close before this, and more is not known."""
        self.changed = True
        self.due_ms = min(self.due_ms, self.first_ms + self.gap_ms)

    def has_redirect(self, request: int) -> bool:
        """Whether a redirect of this request (a place, or NO_REQUEST) is kept."""
        return any(event[NAME] in REDIRECTS and event[REQUEST] == request for event in self.events)

    def absorb(self, other: "Window") -> None:
        """Merge a window of the same key that starts later; what this one emitted counts."""
        requests = [self.request_place(request_id) for request_id in other.request_ids] + [NO_REQUEST]
        origins = [self.origin_place(origin) for origin in other.origins]
        for event in other.events:
            request, origin = requests[event[REQUEST]], origins[event[ORIGIN]]
            self.insert((*event[:REQUEST], request, event[INSTITUTION], origin, event[EXTRA]))
        if other.copies:
            self.copies = {**(self.copies or {}), **other.copies}
        if other.sessions:
            self.sessions = {**other.sessions, **(self.sessions or {})}
        self.visit = self.visit or other.visit
        self.weight += other.weight
        self.of_visit = self.of_visit or other.of_visit
        self.logged = self.logged or other.logged
        self.due_ms = min(self.due_ms, other.due_ms)
        self.survey()
        self.look_soon()
