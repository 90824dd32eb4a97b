"""The numbers under a filter: now, usual, and the last hour by minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pipeline.dashboard.alerts import Alert
from pipeline.dashboard.minutes import MINUTE_MS, Filter, Minutes, Sums, total
from pipeline.dashboard.model import COUNT_MINUTES, LATE_MS, RESULT_MINUTES, SETTLED_MINUTES, SHOWN_MINUTES, Model
from pipeline.dashboard.usual import Usual, usual

NOW_MINUTES: Final = 5
"""What "now" means: this minute and the four before it."""
_NAMES: Final = ("visits", "attempts", "completions")


@dataclass(frozen=True)
class Figures:
    """What the tables come to at a time.

    Attributes:
        behind_ms: How far the pipeline is behind the clock, if that is so much that the newest minutes say nothing yet.
        source: "counts", told as things happen; or "results", for platform and release are told only when a visit is
            over, and then "now" is as long ago as most take.
        last: The newest minute of which something is said.
    """

    minutes: Minutes
    source: str
    now_ms: int
    last: int
    behind_ms: int | None
    incidents: tuple[Alert, ...]
    samples: Mapping[tuple[str, str], Sequence[str]]

    @cached_property
    def to_ms(self) -> int:
        """The end of the newest minute, or now if that is earlier."""
        return min(self.now_ms, (self.last + 1) * MINUTE_MS - 1)

    @cached_property
    def elapsed_minutes(self) -> float:
        """How much of the last five minutes is over."""
        return NOW_MINUTES - 1 + (self.to_ms % MINUTE_MS) / MINUTE_MS

    @cached_property
    def now(self) -> dict[str, Sums]:
        return total(self.minutes, self.last - NOW_MINUTES + 1, self.last)

    @cached_property
    def institutions(self) -> list[str]:
        return sorted({institution for institutions in self.minutes.values() for institution in institutions})

    @cached_property
    def usual(self) -> dict[str, Usual | None]:
        first = min(self.minutes, default=self.last)
        spoiled = {name: self._spoiled(name) for name in self.institutions}
        return {
            name: usual(self.minutes, name, first, self.last - NOW_MINUTES, spoiled[name].__contains__)
            for name in self.institutions
        }

    def _spoiled(self, institution: str) -> set[int]:
        first = self.last - COUNT_MINUTES
        return {
            minute
            for alert in self.incidents
            if alert.touches(institution)
            for minute in alert.minutes(self.now_ms)[max(0, first - alert.minutes(self.now_ms).start) :]
        }

    def whole(self) -> dict[str, Any]:
        """All institutions together."""
        sums = {name: sum(each.get(name, 0) for each in self.now.values()) for name in _NAMES}
        known = [each for each in self.usual.values() if each is not None]
        expected = (
            {name: round(sum(each.per_minute(name) for each in known) * self.elapsed_minutes, 1) for name in _NAMES}
            if known
            else None
        )
        return {
            "from_ms": (self.last - NOW_MINUTES + 1) * MINUTE_MS,
            "to_ms": self.to_ms,
            "now_ms": self.now_ms,
            "behind_ms": self.behind_ms,
            "source": self.source,
            **sums,
            "usual": expected,
            "usual_from_ms": min(self.minutes, default=self.last) * MINUTE_MS,
            "series": {name: self.series(name) for name in _NAMES},
        }

    def series(self, name: str, institution: str | None = None) -> list[int]:
        """The last hour by minute."""
        found = []
        for minute in range(self.last - SHOWN_MINUTES + 1, self.last + 1):
            there = self.minutes.get(minute, {})
            chosen = there.values() if institution is None else [there.get(institution, {})]
            found.append(sum(sums.get(name, 0) for sums in chosen))
        return found


def figures(model: Model, where: Filter, now_ms: int) -> Figures:
    """The figures of a filter, from the counts if they can tell."""
    by_result = where.platform is not None or where.release is not None
    table, span = (model.results, RESULT_MINUTES) if by_result else (model.counts, COUNT_MINUTES)
    first = now_ms // MINUTE_MS - span + 1
    last = now_ms // MINUTE_MS - (SETTLED_MINUTES if by_result else 0)
    minutes = {minute: sums for minute, sums in table.under(where).items() if first <= minute <= last}
    incidents = (*model.incidents.open(), *model.incidents.resolved())
    behind_ms = model.behind_ms(now_ms)
    late = behind_ms if behind_ms > LATE_MS else None
    return Figures(minutes, "results" if by_result else "counts", now_ms, last, late, incidents, model.samples)
