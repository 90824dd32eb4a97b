"""Whose step is it? A window's events given to its sessions, one for each request id."""

from pipeline.sessions.rules import BEGINNINGS, BROWSER, DATA_REACH_MS
from pipeline.sessions.window import NAME, NO_REQUEST, REQUEST, WHAT, Kept, Window


class Session:
    """The events of one request id in a window, in order; `connect` tells that the browser took part."""

    __slots__ = ("connect", "events", "request_id")

    def __init__(self, request_id: str | None, events: list[Kept], *, connect: bool) -> None:
        """A session of these events, of which there is at least one."""
        self.request_id = request_id
        self.events = events
        self.connect = connect


def sessions_of(window: Window) -> list[Session]:
    """The window's sessions, in order of start."""
    request_ids = window.request_ids
    if not request_ids:
        return [Session(None, window.events, connect=True)]
    events = window.events
    if len(request_ids) == 1 and (window.reach_ms < DATA_REACH_MS or all(event[WHAT] < BROWSER for event in events)):
        return [Session(request_ids[0], events, connect=True)]
    owned = _owned([event for event in events if event[WHAT] < BROWSER])
    connects = set(owned)
    for event in events:
        if event[WHAT] >= BROWSER:
            owned.setdefault(event[REQUEST], []).append(event)
    sessions = []
    for request, found in owned.items():
        found.sort()
        request_id = None if request == NO_REQUEST else request_ids[request]
        sessions.append(Session(request_id, found, connect=request in connects))
    return sorted(sessions, key=_start)


def claiming_request_id(window: Window) -> str | None:
    """The request that the steps before any request id belong to, None if the browser knows none."""
    for event in window.events:
        if event[REQUEST] >= 0 and event[WHAT] < BROWSER:
            return window.request_ids[event[REQUEST]]
    return None


def _start(session: Session) -> Kept:
    return session.events[0]


def _owned(browser: list[Kept]) -> dict[int, list[Kept]]:
    """Browser events by the place of the request that they belong to, in order."""
    owned: dict[int, list[Kept]] = {}
    current = NO_REQUEST
    waiting: list[Kept] = []
    for event in browser:
        request = event[REQUEST]
        if request < 0:
            waiting.append(event)
            continue
        if waiting:
            if current < 0:
                owned[request] = waiting
            elif request in owned:
                owned[current] += waiting
            else:
                beginning = _beginning(waiting)
                owned[current] += waiting[:beginning]
                owned[request] = waiting[beginning:]
            waiting = []
        owned.setdefault(request, []).append(event)
        current = request
    if waiting:
        owned.setdefault(current, []).extend(waiting)
    return owned


def _beginning(steps: list[Kept]) -> int:
    """Where the first step stands that begins a new login, the number of steps if none does."""
    return next((place for place, event in enumerate(steps) if event[NAME] in BEGINNINGS), len(steps))
