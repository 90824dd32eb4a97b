"""Whose step is it? The sessions of a window."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from tests.oracle.reading import ORDER, Event
from tests.oracle.tables import BEGINNING, IN_PROGRESS, PENDING
from tests.oracle.windows import LIMIT_MS, MINUTE_MS, TERMINAL_MS

GAP_MS = 8 * MINUTE_MS
LONG_GAP_MS = 30 * MINUTE_MS


@dataclass(frozen=True)
class Session:
    """The events of one requestId (None: the drop-off before any) in one window, in order."""

    request_id: str | None
    events: list[Event]
    window_first_ms: int
    attempt: int

    @property
    def kind(self) -> str:
        return "connect" if any(event.from_browser for event in self.events) else "data"

    @property
    def is_terminal(self) -> bool:
        last = self.events[-1]
        if any(event.name == "REDIRECT" for event in self.events):
            return True
        if self.kind == "connect":
            return last.name == "COMPONENT_CLOSE_SESSION"
        return not is_in_progress(last)

    @property
    def closing(self) -> tuple[int, str]:
        """When the session closes, in ms of the watermark, and by what."""
        last_ms = self.events[-1].time_ms
        if self.is_terminal:
            due_ms, closed_by = last_ms + TERMINAL_MS, "terminal"
        elif self.kind == "data" or any(event.name in PENDING for event in self.events):
            due_ms, closed_by = last_ms + LONG_GAP_MS, "inactivity"
        else:
            due_ms, closed_by = last_ms + GAP_MS, "inactivity"
        limit_ms = self.window_first_ms + LIMIT_MS
        return (limit_ms, "limit") if limit_ms < due_ms else (due_ms, closed_by)


def is_in_progress(event: Event) -> bool:
    return event.name in IN_PROGRESS or event.http_status in {202, 203}


def owners(browser_events: list[Event]) -> list[str | None]:
    """For each browser event of a window, in order, the request_id that it belongs to."""
    with_id = [index for index, event in enumerate(browser_events) if event.request_id]
    if not with_id:
        return [None] * len(browser_events)
    result = [event.request_id for event in browser_events]
    first, last = with_id[0], with_id[-1]
    for index in range(first):
        result[index] = result[first]
    for index in range(last + 1, len(result)):
        result[index] = result[last]
    seen = set()
    for here, there in pairwise(with_id):
        seen.add(result[here])
        owner = result[here]
        for index in range(here + 1, there):
            if browser_events[index].name in BEGINNING and result[there] not in seen:
                owner = result[there]
            result[index] = owner
    return result


def sessions_of(events: Iterable[Event]) -> list[Session]:
    """The sessions of a window by order of their first events."""
    ordered = sorted(events, key=ORDER)
    browser = [event for event in ordered if event.from_browser]
    owner_of = {event.id: owner for event, owner in zip(browser, owners(browser), strict=True)}
    # Met in order, so each session's events are in order, and the sessions by their first events.
    members: dict[str | None, list[Event]] = {}
    for event in ordered:
        owner = owner_of[event.id] if event.from_browser else event.request_id
        members.setdefault(owner, []).append(event)
    attempts = {True: 0, False: 0}
    sessions = []
    for request_id, own in members.items():
        connect = any(event.from_browser for event in own)
        attempts[connect] += 1
        sessions.append(Session(request_id, own, ordered[0].time_ms, attempts[connect]))
    return sessions


def claimant(events: Iterable[Event]) -> str | None:
    """The requestId that the steps of a null session go to: the first that a browser told, if any did."""
    told = [event for event in events if event.from_browser and event.request_id]
    return min(told, key=ORDER).request_id if told else None
