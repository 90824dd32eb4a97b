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
"""An event as a window keeps it: time in ms, seq (-1: none), id, name, source and kind, request, institution, origin,
extra.

The first three are its order. `source and kind` is the sum of rules.SOURCES and rules.KINDS. `request` and `origin`
are places in the window's lists, -1 for no request. A plain tuple of plain values, so that the garbage collector
has nothing to follow.
"""

NEVER_MS: Final = 2**62

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
FEW_EVENTS: Final = 32
"""Up to here `ids` is a list: looking through it is as quick as a set, and it takes a tenth of the memory."""


class Emitted(Struct, gc=False):
    """What is known of a result that was emitted: who it is and what it said."""

    id: str
    revision: int
    outcome: str
    digest: str | None = None
    """Of what it said; None as long as the window's events still say it."""


class Window:
    """The events of one key near each other, and what was emitted from them.

    Attributes:
        events: In order.
        ids: Of the events: a list, or a set when there are many.
        request_ids: Every request id that an event has, in order of arrival.
        origins: The distinct origins of the events.
        copies: How often the id of an event came again; only ids that did.
        sessions: What was emitted, by request id.
        visit: The same for the visit.
        reach_ms: How near an event must be to join.
        gap_ms: The shortest gap after which any of its sessions may close.
        weight: Bytes of the events as they came.
        due_ms: Nothing is to be done before the watermark reaches this.
        timer_ms: The earliest timer set for it.
        changed: Sessions that were emitted may differ from what was said.
        of_visit: It has a connect_session_id.
        logged: The changelog knows its key.
    """

    __slots__ = (
        "changed",
        "copies",
        "due_ms",
        "events",
        "gap_ms",
        "ids",
        "key",
        "logged",
        "of_visit",
        "origins",
        "reach_ms",
        "request_ids",
        "sessions",
        "timer_ms",
        "visit",
        "weight",
    )

    def __init__(self, key: str, *, of_visit: bool, logged: bool = False) -> None:
        """A window without events: the caller gives it its first at once, or loads them."""
        self.key = key
        self.events: list[Kept] = []
        self.ids: list[str] | set[str] = []
        self.request_ids: list[str] = []
        self.origins: list[Origin] = []
        self.copies: dict[str, int] | None = None
        self.sessions: dict[str | None, Emitted] | None = None
        self.visit: Emitted | None = None
        self.reach_ms = REACH_MS
        self.gap_ms = INACTIVITY_GAP_MS
        self.weight = 0
        self.due_ms = NEVER_MS
        self.timer_ms = NEVER_MS
        self.changed = True
        self.of_visit = of_visit
        self.logged = logged

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
        first_ms, last_ms = self.events[0][TIME], self.events[-1][TIME]
        distance_ms = max(first_ms - time_ms, time_ms - last_ms)
        return distance_ms < self.reach_ms and max(last_ms, time_ms) - min(first_ms, time_ms) < LIMIT_MS

    def request_place(self, request_id: str | None) -> int:
        """Where the request id stands in `request_ids`; it is added if it is new."""
        if request_id is None:
            return NO_REQUEST
        if request_id not in self.request_ids:
            self.request_ids.append(request_id)
        return self.request_ids.index(request_id)

    def origin_place(self, origin: Origin) -> int:
        """Where the origin stands in `origins`; it is added if it is new."""
        if origin not in self.origins:
            self.origins.append(origin)
        return self.origins.index(origin)

    def insert(self, event: Kept) -> None:
        """Keep an event anywhere in the order; its id is new."""
        insort(self.events, event)
        self._remember(event[ID])

    def _remember(self, event_id: str) -> None:
        ids = self.ids
        if type(ids) is list:
            ids.append(event_id)
            if len(ids) > FEW_EVENTS:
                self.ids = set(ids)
        else:
            ids.add(event_id)  # type: ignore[union-attr]  # mypy does not narrow by type()

    def kept(self, event_id: str) -> Kept:
        """The event with this id."""
        return next(event for event in reversed(self.events) if event[ID] == event_id)

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
        self.request_ids = [self.request_ids[place] for place in places]
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
            moved = (
                *event[:REQUEST],
                requests[event[REQUEST]],
                event[INSTITUTION],
                origins[event[ORIGIN]],
                event[EXTRA],
            )
            self.events.append(moved)
            self._remember(event[ID])
        self.events.sort()
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
