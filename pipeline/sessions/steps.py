"""Whose step is it? A window's events given to its sessions, one for each request id."""

from pipeline.sessions.rules import BEGINNINGS, BROWSER
from pipeline.sessions.window import NAME, NO_REQUEST, REQUEST, WHAT, Kept, Window


class Session:
    """The events of one request id in a window, in order, and what its result needs of the window.

    `request` is its place in the window's request ids or NO_REQUEST; `connect` tells that the browser took part.
    """

    __slots__ = ("connect", "events", "request")

    def __init__(self, request: int, events: list[Kept], *, connect: bool) -> None:
        self.request = request
        self.events = events
        self.connect = connect


def sessions_of(window: Window) -> list[Session]:
    """The window's sessions, in order of start."""
    if not window.request_ids:
        return [Session(NO_REQUEST, window.events, connect=True)]
    browser = [event for event in window.events if event[WHAT] < BROWSER]
    if len(window.request_ids) == 1 and len(browser) == len(window.events):
        return [Session(0, browser, connect=True)]
    owned = _owned(browser)
    sessions = {request: Session(request, events, connect=True) for request, events in owned.items()}
    if len(browser) < len(window.events):
        for event in window.events:
            if event[WHAT] >= BROWSER:
                request = event[REQUEST]
                if request not in sessions:
                    sessions[request] = Session(request, [], connect=False)
                sessions[request].events.append(event)
        for session in sessions.values():
            session.events.sort()
    return sorted(sessions.values(), key=_start)


def claiming_request(window: Window) -> int:
    """The request that the steps before any request id belong to, NO_REQUEST if the browser knows none."""
    return next(
        (event[REQUEST] for event in window.events if event[REQUEST] >= 0 and event[WHAT] < BROWSER), NO_REQUEST
    )


def _start(session: Session) -> Kept:
    return session.events[0]


def _owned(browser: list[Kept]) -> dict[int, list[Kept]]:
    """Browser events by the request that they belong to, in order."""
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
