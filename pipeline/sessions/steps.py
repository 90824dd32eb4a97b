"""Whose step is it? A window's events given to its sessions, one for each request id."""

from pipeline.sessions.rules import BEGINNINGS, BROWSER, DATA_REACH_MS
from pipeline.sessions.session import Session
from pipeline.sessions.window import NAME, NO_REQUEST, REQUEST, WHAT, Kept, Window


def sessions_of(window: Window) -> list[Session]:
    """The window's sessions, in order of start."""
    request_ids = window.request_ids
    events = window.events
    if not request_ids:
        return [Session(None, events)]
    if len(request_ids) == 1 and window.reach_ms < DATA_REACH_MS:  # then all are the browser's
        return [Session(request_ids[0], events)]
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
