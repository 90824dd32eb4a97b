"""How a session ended, and what it met on its way."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from pipeline.flinks.catalogue import CATALOGUE, FailureClass, Role
from pipeline.sessions.pairing import counted_once
from pipeline.sessions.rules import (
    API,
    BENIGN,
    BROWSER,
    CODE,
    DECISIONS,
    DENIALS,
    FAILED_STATUS,
    IN_PROGRESS,
    IN_PROGRESS_STATUS,
    REDIRECTS,
    RETRIES,
    STAGE_OF,
)
from pipeline.sessions.window import EXTRA, NAME, TIME, WHAT, Kept

Outcome = Literal["completed", "denied", "expired", "failed", "abandoned", "timed_out"]

_CLASSES: Final = {
    name: (entry.failure_class, entry.failure_class_outside_browser or entry.failure_class)
    for name, entry in CATALOGUE.items()
    if entry.failure_class
}
"""Name of a failure to its class in the browser and elsewhere."""

_QUIET: Final = {
    name: STAGE_OF.get(name)
    for name, entry in CATALOGUE.items()
    if entry.role in {Role.PROGRESS, Role.INFORMATION} and not entry.decision and not entry.retry
}
"""Names that tell of a stage or of nothing: most events of most journeys."""
_LOUD: Final = -1


class Course(NamedTuple):
    """What the events of one session come to."""

    outcome: Outcome
    failure_code: str | None
    failure_class: FailureClass | None
    stages: dict[int, int]
    """Place of the stage in the journey to the first time, in ms."""
    codes: dict[str, int]
    retries: int
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
    stages: dict[int, int] = {}
    loud: list[Kept] = []
    for event in events:
        name = event[NAME]
        stage = _QUIET.get(name, _LOUD)
        if stage == _LOUD:
            loud.append(event)
            stage = STAGE_OF.get(name)
        if stage is not None and stage not in stages:
            stages[stage] = event[TIME]
    codes: dict[str, int] = {}
    retries = 0
    failure: tuple[str, FailureClass] | None = None
    for event in counted_once(loud):
        name = event[NAME]
        found = failure_class(event)
        if found is not None:
            failure = name, found
        if found is not None or name in IN_PROGRESS or name in BENIGN:
            codes[name] = codes.get(name, 0) + 1
        elif name in RETRIES:
            retries += 1
    redirect_ms = next((event[TIME] for event in loud if event[NAME] in REDIRECTS), None)
    outcome = _connect_outcome(loud, failure, redirect_ms) if connect else _data_outcome(events[-1])
    told = failure if outcome in {"failed", "expired"} else None
    failure_code, its_class = told or (None, None)
    return Course(outcome, failure_code, its_class, stages if connect else {}, codes, retries, redirect_ms)


def _connect_outcome(loud: list[Kept], failure: tuple[str, FailureClass] | None, redirect_ms: int | None) -> Outcome:
    if redirect_ms is not None:
        return "completed"
    decision = next((event[NAME] for event in reversed(loud) if event[NAME] in DECISIONS), None)
    if decision in DENIALS:
        return "denied"
    if failure is None:
        return "abandoned"
    return "expired" if failure[1] is FailureClass.EXPIRY else "failed"


def _data_outcome(last: Kept) -> Outcome:
    if in_progress(last):
        return "timed_out"
    return "completed" if failure_class(last) is None else "failed"
