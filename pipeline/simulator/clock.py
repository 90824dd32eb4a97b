"""Clocks of browsers."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Clock:
    """How a browser's clock goes, and so what its events tell of their time.

    A clock that tells nothing, or the future, leaves only the moment of receipt. Its listener
    sends each event at once, always `delay_ms` on the way, so that the distances between events
    stay what they were and the truth is known.
    """

    shift_ms: int = 0
    """What is added to the real time to get the event's time."""
    told_offset_ms: int | None = 0
    """What is added to the real time to get what `at` says; None: there is no `at`."""
    delay_ms: int | None = None
    """Constant delay of events sent one by one; None: they come in batches."""


RIGHT: Final = Clock()


def silent(delay_ms: int) -> Clock:
    """Make a clock that tells nothing."""
    return Clock(shift_ms=delay_ms, told_offset_ms=None, delay_ms=delay_ms)


def fast(ahead_ms: int, delay_ms: int) -> Clock:
    """Make a clock that is `ahead_ms` in the future, which must be more than the delay."""
    return Clock(shift_ms=delay_ms, told_offset_ms=ahead_ms, delay_ms=delay_ms)


def slow(behind_ms: int) -> Clock:
    """Make a clock that is `behind_ms` in the past."""
    return Clock(shift_ms=-behind_ms, told_offset_ms=-behind_ms)
