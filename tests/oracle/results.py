"""The contract's records of a session and of a visit, from nothing but events."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.oracle.reading import ORDER, Event, timestamp
from tests.oracle.steps import Session, is_in_progress
from tests.oracle.tables import (
    ACCEPTING,
    ATTEMPTING,
    BENIGN,
    DENYING,
    EXPIRY,
    FAILURE_CLASS,
    IN_PROGRESS,
    INVALID_LOGIN,
    KNOWN,
    RETRYING,
    STAGE_OF,
    STAGE_ORDER,
)

PAIR_MS = 5_000


def session_record(session: Session) -> dict[str, Any]:
    """Every field but `v`, `session_id`, `revision` and `duplicates`."""
    events = session.events
    counted = without_pairs(events)
    connect = session.kind == "connect"
    outcome = connect_outcome(events, last_failure(counted)) if connect else data_outcome(events)
    failure = last_failure(counted) if outcome in {"failed", "expired"} else None
    stages = first_times(counted) if connect else {}
    redirect = next((event for event in counted if event.name == "REDIRECT"), None)
    return {
        "kind": session.kind,
        "request_id": session.request_id,
        "connect_session_id": first_known(events, "connect_session_id"),
        "attempt": session.attempt,
        "institution": last_known(events, "institution"),
        "app": first_known(events, "app"),
        "environment": first_known(events, "environment"),
        "platform": first_known(events, "platform"),
        "release": first_known(events, "release"),
        "started_at": timestamp(events[0].time_ms),
        "ended_at": timestamp(events[-1].time_ms),
        "closed_by": session.closing[1],
        "outcome": outcome,
        "failure_code": failure.name if failure else None,
        "failure_class": failure_class(failure) if failure else None,
        "furthest_stage": furthest(stages),
        "stages": stages,
        "codes": dict(Counter(event.name for event in counted if is_counted_code(event))),
        "retries": sum(event.name in RETRYING for event in counted),
        "mfa_types": list(dict.fromkeys(one for event in events for one in event.mfa_types)),
        "time_to_connect_ms": redirect.time_ms - events[0].time_ms if connect and redirect else None,
        "events": len(events),
    }


def visit_record(sessions: list[Session], records: list[dict[str, Any]]) -> dict[str, Any]:
    """Every field but `v`, `visit_id` and `revision`, from a window's sessions and their records by start."""
    events = [event for session in sessions for event in session.events]
    events.sort(key=ORDER)
    connects = [record for record in records if record["kind"] == "connect"]
    return {
        "connect_session_id": first_known(events, "connect_session_id"),
        "converted": any(record["outcome"] == "completed" for record in connects),
        "request_ids": [session.request_id for session in sessions if session.request_id],
        "attempts": sum(event.from_browser and event.name in ATTEMPTING for event in events),
        "furthest_stage": furthest(stage for record in connects for stage in record["stages"]),
        "outcome": connects[-1]["outcome"],
        "failure_code": connects[-1]["failure_code"],
        "failure_class": connects[-1]["failure_class"],
        "started_at": timestamp(events[0].time_ms),
        "ended_at": timestamp(events[-1].time_ms),
        "institution": last_known(events, "institution"),
        "app": first_known(events, "app"),
        "environment": first_known(events, "environment"),
        "platform": first_known(events, "platform"),
        "release": first_known(events, "release"),
    }


def without_pairs(events: list[Event]) -> list[Event]:
    """The events without the later one of each step and code of one name, at most 5 s apart."""
    steps: dict[str, list[Event]] = {}
    codes: dict[str, list[Event]] = {}
    for event in events:
        if event.kind == "step":
            steps.setdefault(event.name, []).append(event)
        elif event.kind == "code":
            codes.setdefault(event.name, []).append(event)
    gone = set()
    for name in steps.keys() & codes.keys():
        left, right = steps[name], codes[name]
        while left and right:
            early, late = sorted((left[0], right[0]), key=ORDER)
            if late.time_ms - early.time_ms <= PAIR_MS:
                gone.add(late.id)
                left, right = left[1:], right[1:]
            elif early is left[0]:
                left = left[1:]
            else:
                right = right[1:]
    return [event for event in events if event.id not in gone]


def failure_class(event: Event) -> str | None:
    """The class of a failure; None for everything else."""
    if event.name == INVALID_LOGIN:
        return "user" if event.from_browser else "integration"
    if event.name in FAILURE_CLASS:
        return FAILURE_CLASS[event.name]
    if event.name in KNOWN:
        return None
    if event.kind == "code" or (event.kind == "api" and (event.http_status or 0) >= 400):
        return "unknown"
    return None


def is_counted_code(event: Event) -> bool:
    return failure_class(event) is not None or event.name in IN_PROGRESS or event.name in BENIGN


def last_failure(events: list[Event]) -> Event | None:
    return next((event for event in reversed(events) if failure_class(event)), None)


def connect_outcome(events: list[Event], failure: Event | None) -> str:
    """The first that holds."""
    if any(event.name == "REDIRECT" for event in events):
        return "completed"
    decisions = [event.name for event in events if event.name in ACCEPTING | DENYING]
    if decisions and decisions[-1] in DENYING:
        return "denied"
    if failure is None:
        return "abandoned"
    return "expired" if failure.name in EXPIRY else "failed"


def data_outcome(events: list[Event]) -> str:
    """By the last event."""
    if is_in_progress(events[-1]):
        return "timed_out"
    return "failed" if failure_class(events[-1]) else "completed"


def first_times(events: list[Event]) -> dict[str, str]:
    """Each stage that was reached, and when first."""
    times: dict[str, str] = {}
    for event in events:
        if event.name in STAGE_OF:
            times.setdefault(STAGE_OF[event.name], timestamp(event.time_ms))
    return times


def furthest(stages: Iterable[str]) -> str | None:
    return max(stages, key=STAGE_ORDER.index, default=None)


def first_known(events: list[Event], field: str) -> str | None:
    return next((value for event in events if (value := getattr(event, field))), None)


def last_known(events: list[Event], field: str) -> str | None:
    return first_known(events[::-1], field)
