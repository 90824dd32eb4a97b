"""How an institution stands now against what is usual there, and since when.

This only ranks the table. Whether somebody is woken the alerts agent decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

from pipeline.dashboard.minutes import Minutes, Sums
from pipeline.dashboard.usual import Usual
from pipeline.dashboard.words import class_of

CODE: Final = "code:"
FEW: Final = 8
"""Attempts below which nothing is said of success."""
_QUIET_MINUTES: Final = 2
"""So many minutes as usual end the time of trouble, looked at from now backwards."""
_FEW_A_MINUTE: Final = 3


class State(StrEnum):
    """From worst to best."""

    FAR_BELOW = "far_below"
    SILENT = "silent"
    BELOW = "below"
    USUAL = "usual"
    FEW = "few"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """Below what is usual: so many standard deviations, completions that are missing, and share of what is usual."""

    deviations: float
    missing: float
    share: float


_FAR: Final = Rule(deviations=5, missing=5, share=0.6)
_BELOW: Final = Rule(deviations=3.5, missing=5, share=0.85)
_SILENT_EXPECTED: Final = 20
"""Attempts that are to be expected before their absence says anything. In the evening an average of three hours expects
up to three times as many as come, and of seven that are to come none is chance once in a thousand times."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One institution."""

    state: State
    missing: float
    """Completions that would have come as usual and did not."""
    code: str | None
    """The failure that is most above what is usual."""


def standing(now: Sums, usual: Usual | None, elapsed_minutes: float) -> Standing:
    """How it stands.

    Args:
        now: What the last few minutes come to.
        usual: What is usual, if that is known.
        elapsed_minutes: How much time `now` has seen.
    """
    attempts, completions = now.get("attempts", 0), now.get("completions", 0)
    if usual is None:
        return Standing(State.UNKNOWN, 0, rising_code(now, None, elapsed_minutes))
    expected_attempts = usual.per_minute("attempts") * elapsed_minutes
    code = rising_code(now, usual, elapsed_minutes)
    if attempts == 0 and expected_attempts >= _SILENT_EXPECTED:
        return Standing(State.SILENT, expected_attempts * (usual.success or 0), code)
    success = usual.success
    if attempts < FEW or success is None:
        return Standing(State.FEW, 0, code)
    expected = attempts * success
    missing = expected - completions
    unsure = 1 + elapsed_minutes / usual.minutes  # what is usual is known from that many minutes only
    deviations = missing / sqrt(expected * (1 - success) * unsure + 1)
    for state, rule in ((State.FAR_BELOW, _FAR), (State.BELOW, _BELOW)):
        if deviations >= rule.deviations and missing >= rule.missing and completions <= expected * rule.share:
            return Standing(state, missing, code)
    return Standing(State.USUAL, max(0.0, missing), code)


def rising_code(now: Mapping[str, int], usual: Usual | None, elapsed_minutes: float) -> str | None:
    """The failure that visits met most above what is usual."""
    above = {
        name.removeprefix(CODE): number - (usual.per_minute(name) * elapsed_minutes if usual else 0)
        for name, number in now.items()
        if name.startswith(CODE) and class_of(name.removeprefix(CODE)) is not None
    }
    worst = max(above, key=lambda code: (above[code], code), default=None)
    return worst if worst is not None and above[worst] > 0 else None


def last_attempt(minutes: Minutes, institution: str) -> int:
    """The last minute in which anybody tried."""
    return max(minute for minute, there in minutes.items() if there.get(institution, {}).get("attempts"))


def since(minutes: Minutes, institution: str, success: float, first: int, last: int) -> int:
    """The first minute of the time of trouble that lasts until now."""
    began = last
    quiet = 0
    for minute in range(last, first - 1, -1):
        sums = minutes.get(minute, {}).get(institution, {})
        attempts = sums.get("attempts", 0)
        if attempts < _FEW_A_MINUTE:
            continue
        if sums.get("completions", 0) > attempts * success * _BELOW.share:
            quiet += 1
            if quiet == _QUIET_MINUTES:
                break
        else:
            quiet = 0
            began = minute
    return began
