"""How a session ended, and what it met on its way."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from pipeline.flinks.catalogue import CATALOGUE, Entry, FailureClass, Role
from pipeline.sessions.pairing import counted_once
from pipeline.sessions.rules import (
    API,
    BROWSER,
    CODE,
    FAILED_STATUS,
    IN_PROGRESS,
    IN_PROGRESS_STATUS,
    STAGE_OF,
)
from pipeline.sessions.window import EXTRA, NAME, TIME, WHAT, Kept

Outcome = Literal["completed", "denied", "expired", "failed", "abandoned", "timed_out"]

# What a name does to the course of a session, besides reaching a stage.
_NOTHING: Final = 0
_COUNTS: Final = 1
_FAILS: Final = 2
_RETRIES: Final = 3
_ATTEMPTS: Final = 4
_ACCEPTS: Final = 5
_DENIES: Final = 6
_COMPLETES: Final = 7


def _effect(entry: Entry) -> int:
    if entry.failure_class is not None:
        return _FAILS
    if entry.role in {Role.IN_PROGRESS, Role.BENIGN}:
        return _COUNTS
    if entry.decision is not None:
        return _DENIES if entry.decision == "deny" else _ACCEPTS
    if entry.completes:
        return _COMPLETES
    if entry.attempt:
        return _ATTEMPTS
    return _RETRIES if entry.retry else _NOTHING


_EFFECTS: Final = {name: _effect(entry) for name, entry in CATALOGUE.items()}
_QUIET: Final = frozenset(name for name, effect in _EFFECTS.items() if effect == _NOTHING)
"""Names that tell of a stage or of nothing: most events of most journeys."""

_CLASSES: Final = {
    name: (entry.failure_class, entry.failure_class_outside_browser or entry.failure_class)
    for name, entry in CATALOGUE.items()
    if entry.failure_class
}
"""Name of a failure to its class in the browser and elsewhere."""


class Course(Struct, gc=False):
    """What the events of one session come to."""

    outcome: Outcome
    failure_code: str | None
    failure_class: FailureClass | None
    stages: dict[int, int]
    """Place of the stage in the journey to the first time, in ms."""
    codes: dict[str, int]
    retries: int
    attempts: int
    redirect_ms: int | None


def http_status(event: Kept) -> int | None:
    """The event's HTTP status, if it has one."""
    extra = event[EXTRA]
    return extra[0] if isinstance(extra, tuple) else extra


def in_progress(event: Kept) -> bool:
    """Whether it says that the answer is still to come."""
    return event[NAME] in IN_PROGRESS or http_status(event) in IN_PROGRESS_STATUS


def failure_class(event: Kept) -> FailureClass | None:
    """Whose failure it tells of; None if it tells of none."""
    name, what = event[NAME], event[WHAT]
    known = _CLASSES.get(name)
    if known is not None:
        return known[what >= BROWSER]
    if name in CATALOGUE:
        return None
    status = http_status(event)
    if what % 3 == CODE or (what % 3 == API and status is not None and status >= FAILED_STATUS):
        return FailureClass.UNKNOWN
    return None


def course_of(events: Sequence[Kept], *, connect: bool) -> Course:
    """The course of a connect or data session with these events, in order."""
    redirect_ms: int | None = None
    denied = False
    attempts = 0
    told: list[Kept] = []
    for event in [event for event in events if event[NAME] not in _QUIET]:
        effect = _EFFECTS.get(event[NAME])
        if effect == _ATTEMPTS:
            attempts += event[WHAT] < BROWSER
        elif effect == _COMPLETES:
            if redirect_ms is None:
                redirect_ms = event[TIME]
        elif effect == _ACCEPTS:
            denied = False
        elif effect == _DENIES:
            denied = True
        else:
            told.append(event)
    codes, retries, failure = _met(told)
    outcome: Outcome
    if not connect:
        outcome = _data_outcome(events[-1])
    elif redirect_ms is not None:
        outcome = "completed"
    elif denied:
        outcome = "denied"
    else:
        outcome = _OUTCOMES.get(failure[1], "failed")
    failure_code, failed = failure if outcome in {"failed", "expired"} else _NO_FAILURE
    stages = _stages(events) if connect else {}
    return Course(outcome, failure_code, failed, stages, codes, retries, attempts, redirect_ms)


_Failure = tuple[str, FailureClass] | tuple[None, None]
_NO_FAILURE: Final = (None, None)
_OUTCOMES: Final[dict[FailureClass | None, Outcome]] = {None: "abandoned", FailureClass.EXPIRY: "expired"}
"""Of a connect session by its last failure, where that is not "failed"."""


def _met(told: Sequence[Kept]) -> tuple[dict[str, int], int, _Failure]:
    """Codes and how often, retries, and the last failure; each occurrence counted once."""
    codes: dict[str, int] = {}
    retries = 0
    failure: _Failure = _NO_FAILURE
    for event in counted_once(told):
        name = event[NAME]
        effect = _EFFECTS.get(name)
        if effect == _RETRIES:
            retries += 1
        elif effect == _COUNTS:
            codes[name] = codes.get(name, 0) + 1
        elif (its_class := failure_class(event)) is not None:
            codes[name] = codes.get(name, 0) + 1
            failure = name, its_class
    return codes, retries, failure


def _stages(events: Sequence[Kept]) -> dict[int, int]:
    # From the last to the first, so that the first time of each stage is what stays.
    found = {STAGE_OF.get(event[NAME]): event[TIME] for event in reversed(events)}
    found.pop(None, None)
    return found  # type: ignore[return-value]  # None is gone


def _data_outcome(last: Kept) -> Outcome:
    if in_progress(last):
        return "timed_out"
    return "completed" if failure_class(last) is None else "failed"
