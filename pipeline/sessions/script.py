"""What the names of a session's events come to, whatever their times.

Journeys are few: most sessions go through the same names as many others did, so that what they come to is found
in a cache.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Literal

import orjson
from msgspec import Struct

from pipeline.flinks.catalogue import CATALOGUE, STAGES, Entry, FailureClass, Role
from pipeline.sessions.rules import (
    API,
    BACKGROUND,
    BROWSER,
    CLOSES,
    CODE,
    DATA_GAP_MS,
    FAILED_STATUS,
    IN_PROGRESS,
    IN_PROGRESS_STATUS,
    INACTIVITY_GAP_MS,
    REDIRECTS,
    STAGE_OF,
    STEP,
    TERMINAL_GAP_MS,
)

Outcome = Literal["completed", "denied", "expired", "failed", "abandoned", "timed_out"]
ClosedBy = Literal["terminal", "inactivity"]

# What a name does to the course of a session, besides reaching a stage.
_NOTHING: Final = 0
_COUNTS: Final = 1
_FAILS: Final = 2
_RETRIES: Final = 3
_ATTEMPTS: Final = 4
_ACCEPTS: Final = 5
_DENIES: Final = 6
_COMPLETES: Final = 7

_CACHED_SCRIPTS: Final = 4_096
_CACHED_EVENTS: Final = 64
"""Longer journeys are each their own, and would only fill the cache."""


class Script(Struct, eq=False, gc=False):
    """What a session came to. Places are those of its events in order."""

    connect: bool
    """The browser took part."""
    outcome: Outcome
    failure_code: str | None
    failure_class: FailureClass | None
    stages: tuple[int, ...]
    """Places in the journey of those that were reached, in order."""
    furthest_stage: int
    """Its place in the journey, -1 for none."""
    attempts: int
    redirect_place: int | None
    told_times: Callable[[Sequence[int]], tuple[int, ...]]
    """Of the times of all its events, those of the first, the last, and the ones that reached the stages."""
    template: str
    """What the result says of all this, as JSON fields, with %s for the texts of a Summary."""
    gap_ms: int
    """From the last event to the close."""
    closed_by: ClosedBy
    twice: frozenset[str]
    """Names that came both as a step and as a code, so that some may be one occurrence told twice."""


_Names = tuple[str, ...]
_Whats = tuple[int, ...]
_Statuses = tuple[int | None, ...] | None


def script_of(names: _Names, whats: _Whats, statuses: _Statuses, again: tuple[int, ...] = ()) -> Script:
    """The script of a session with these events, in order.

    Args:
        names: Of the events, at least one.
        whats: Source and kind of each.
        statuses: HTTP status of each, None if there are none.
        again: Places of events that tell of an occurrence which an earlier one has told.
    """
    if len(names) <= _CACHED_EVENTS:
        return _cached(names, whats, statuses, again)
    return _script(names, whats, statuses, again)


def _script(names: _Names, whats: _Whats, statuses: _Statuses, again: tuple[int, ...]) -> Script:
    connect = min(whats) < BROWSER
    statuses = statuses or (None,) * len(names)
    codes, retries, failure = _met(names, whats, statuses, again)
    redirect_place = next((place for place, name in enumerate(names) if name in REDIRECTS), None)
    outcome: Outcome
    if not connect:
        outcome = _data_outcome(names[-1], whats[-1], statuses[-1])
    elif redirect_place is not None:
        outcome = "completed"
    elif _denied(names):
        outcome = "denied"
    else:
        outcome = _OUTCOMES.get(failure[1], "failed")
    failure_code, failed = failure if outcome in {"failed", "expired"} else _NO_FAILURE
    stages: dict[int, int] = {}
    if connect:
        for place, name in enumerate(names):
            if name in STAGE_OF:
                stages.setdefault(STAGE_OF[name], place)
    # Sorted, for what is said is compared as text: events in another order must not look like other results.
    stages = dict(sorted(stages.items()))
    gap_ms, closed_by = _gap(names, statuses[-1], connect=connect)
    furthest_stage = max(stages, default=-1)
    said = {
        "kind": "connect" if connect else "data",
        "outcome": outcome,
        "failure_code": failure_code,
        "failure_class": failed,
        "furthest_stage": STAGES[furthest_stage] if stages else None,
        "codes": dict(sorted(codes.items())),
        "retries": retries,
        "events": len(names),
    }
    stages_said = ",".join(f'"{STAGES[stage]}":"%s"' for stage in stages)
    return Script(
        connect=connect,
        outcome=outcome,
        failure_code=failure_code,
        failure_class=failed,
        stages=tuple(stages),
        furthest_stage=furthest_stage,
        attempts=_attempts(names, whats),
        redirect_place=redirect_place,
        told_times=itemgetter(0, -1, *stages.values()),
        template=f'"started_at":"%s","ended_at":"%s",%s,{_fields(said)},"stages":{{{stages_said}}}',
        gap_ms=gap_ms,
        closed_by=closed_by,
        twice=_names_of(STEP, names, whats) & _names_of(CODE, names, whats),
    )


def _fields(said: dict[str, Any]) -> str:
    """The fields as JSON, to stand in a template."""
    return orjson.dumps(said).decode()[1:-1].replace("%", "%%")


def _attempts(names: _Names, whats: _Whats) -> int:
    tried = [what for name, what in zip(names, whats, strict=True) if _EFFECTS.get(name) == _ATTEMPTS]
    return sum(what < BROWSER for what in tried)


_cached: Final = lru_cache(_CACHED_SCRIPTS)(_script)


def _effect(entry: Entry) -> int:
    if entry.role is Role.FAILURE:
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

_CLASSES: Final = {
    name: (entry.in_browser.failure_class, entry.outside_browser.failure_class)
    for name, entry in CATALOGUE.items()
    if entry.role is Role.FAILURE
}
"""Name of a failure to its class in the browser and elsewhere."""

_Failure = tuple[str, FailureClass] | tuple[None, None]
_NO_FAILURE: Final = (None, None)
_OUTCOMES: Final[dict[FailureClass | None, Outcome]] = {None: "abandoned", FailureClass.EXPIRY: "expired"}
"""Of a connect session by its last failure, where that is not "failed"."""


def failure_class(name: str, what: int, status: int | None) -> FailureClass | None:
    """Whose failure an event tells of; None if it tells of none."""
    known = _CLASSES.get(name)
    if known is not None:
        return known[what >= BROWSER]
    if name in CATALOGUE:
        return None
    if what % 3 == CODE or (what % 3 == API and status is not None and status >= FAILED_STATUS):
        return FailureClass.UNKNOWN
    return None


def _met(
    names: _Names, whats: _Whats, statuses: Sequence[int | None], again: tuple[int, ...]
) -> tuple[dict[str, int], int, _Failure]:
    """Codes and how often, retries, and the last failure."""
    codes: dict[str, int] = {}
    retries = 0
    failure: _Failure = _NO_FAILURE
    for place, name in enumerate(names):
        effect = _EFFECTS.get(name)
        if place in again:
            continue
        if effect == _RETRIES:
            retries += 1
        elif effect == _COUNTS:
            codes[name] = codes.get(name, 0) + 1
        elif (its_class := failure_class(name, whats[place], statuses[place])) is not None:
            codes[name] = codes.get(name, 0) + 1
            failure = name, its_class
    return codes, retries, failure


def _denied(names: _Names) -> bool:
    """Whether the last decision was to deny."""
    effects = [effect for name in names if (effect := _EFFECTS.get(name)) in {_ACCEPTS, _DENIES}]
    return bool(effects) and effects[-1] == _DENIES


def _in_progress(name: str, status: int | None) -> bool:
    return name in IN_PROGRESS or status in IN_PROGRESS_STATUS


def _data_outcome(name: str, what: int, status: int | None) -> Outcome:
    """Of a data session, by its last event."""
    if _in_progress(name, status):
        return "timed_out"
    return "completed" if failure_class(name, what, status) is None else "failed"


def _gap(names: _Names, last_status: int | None, *, connect: bool) -> tuple[int, ClosedBy]:
    """How long after its last event a session closes, the two hours of a window left aside, and why."""
    terminal = names[-1] in CLOSES if connect else not _in_progress(names[-1], last_status)
    if terminal or not REDIRECTS.isdisjoint(names):
        return TERMINAL_GAP_MS, "terminal"
    if not connect or not BACKGROUND.isdisjoint(names):
        return DATA_GAP_MS, "inactivity"
    return INACTIVITY_GAP_MS, "inactivity"


def _names_of(kind: int, names: _Names, whats: _Whats) -> frozenset[str]:
    return frozenset(name for name, what in zip(names, whats, strict=True) if what % 3 == kind)
