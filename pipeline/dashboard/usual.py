"""What is usual at an institution: the minutes before, without those of incidents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.dashboard.minutes import Minutes

ENOUGH: Final = 10
"""Minutes from which on something is called usual."""
_NONE: Final[Mapping[str, int]] = {}


@dataclass(frozen=True, slots=True)
class Usual:
    """Per minute, on average."""

    minutes: int
    sums: Mapping[str, float]

    def per_minute(self, name: str) -> float:
        return self.sums.get(name, 0.0)

    @property
    def success(self) -> float | None:
        """Completions an attempt, None where there are no attempts."""
        attempts = self.per_minute("attempts")
        return min(1.0, self.per_minute("completions") / attempts) if attempts else None


def usual(minutes: Minutes, institution: str, first: int, last: int, spoiled: Callable[[int], bool]) -> Usual | None:
    """What was usual from first to last minute; None if too few of them are left.

    Args:
        minutes: Sums.
        institution: Whose.
        first: The first minute of which anything is known.
        last: The last minute before what is compared with it.
        spoiled: Whether an incident touched the institution in a minute.
    """
    taken = [minute for minute in range(first, last + 1) if not spoiled(minute)]
    if len(taken) < ENOUGH:
        return None
    sums: dict[str, int] = {}
    for minute in taken:
        for name, number in minutes.get(minute, {}).get(institution, _NONE).items():
            sums[name] = sums.get(name, 0) + number
    return Usual(len(taken), {name: number / len(taken) for name, number in sums.items()})
