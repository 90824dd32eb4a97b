"""Whose step is it? A window's events given to its sessions, one for each request id."""

from pipeline.sessions.rules import BEGINNINGS, BROWSER, DATA_REACH_MS
from pipeline.sessions.session import Session
from pipeline.sessions.window import NAME, NO_REQUEST, REQUEST, WHAT, Kept, Window


def sessions_of(window: Window) -> list[Session]:
    """The window's sessions, in order of start."""
    request_ids = window.request_ids
    events = window.events
    if is_one_session(window):
        return [Session(request_ids[0] if request_ids else None, events)]
    owned = _owned([event for event in events if event[WHAT] < BROWSER])
    for event in events:
        if event[WHAT] >= BROWSER:
            owned.setdefault(event[REQUEST], []).append(event)
    for found in owned.values():
        found.sort()
    return [
        Session(None if request == NO_REQUEST else request_ids[request], found)
        for request, found in sorted(owned.items(), key=_start)
    ]


def is_one_session(window: Window) -> bool:
    """Whether it is plain without a look at the events that all of them are of one session."""
    places = len(window.request_ids)
    # A window that reaches as far as data may hold the backend's events, which take no steps of the browser's.
    return places == 0 or (places == 1 and (window.reach_ms < DATA_REACH_MS or not window.of_visit))


def claiming_request_id(window: Window) -> str | None:
    """The request that the steps before any request id belong to, None if the browser knows none."""
    for event in window.events:
        if event[REQUEST] >= 0 and event[WHAT] < BROWSER:
            return window.request_ids[event[REQUEST]]
    return None


def _start(owned: tuple[int, list[Kept]]) -> Kept:
    return owned[1][0]


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
