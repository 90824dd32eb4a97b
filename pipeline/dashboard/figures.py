"""The numbers under a filter: now, usual, and the last hour by minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pipeline.dashboard.alerts import Alert
from pipeline.dashboard.minutes import MINUTE_MS, Filter, Minutes, Sums, total
from pipeline.dashboard.model import COUNT_MINUTES, RESULT_MINUTES, Model
from pipeline.dashboard.standing import State, since, standing
from pipeline.dashboard.usual import Usual, usual
from pipeline.dashboard.words import about, advice, class_of, tell, whose

NOW_MINUTES: Final = 5
"""What "now" means: this minute and the four before it."""
SHOWN_MINUTES: Final = 60
_NAMES: Final = ("visits", "attempts", "completions")
_RANKS: Final = {state: rank for rank, state in enumerate(State)}
_NOWHERE: Final = frozenset({"unknown"})
"""Visits whose user has not chosen a bank yet: part of the whole, and no row."""


@dataclass(frozen=True)
class Figures:
    """What the tables come to at a time.

    Attributes:
        source: "counts", told as things happen; or "results", for platform and release are told only when a visit is
            over, up to nine minutes later.
    """

    minutes: Minutes
    source: str
    now_ms: int
    incidents: tuple[Alert, ...]
    samples: Mapping[tuple[str, str], Sequence[str]]

    @cached_property
    def last(self) -> int:
        return self.now_ms // MINUTE_MS

    @cached_property
    def elapsed_minutes(self) -> float:
        """How much of the last five minutes is over."""
        return NOW_MINUTES - 1 + (self.now_ms % MINUTE_MS) / MINUTE_MS

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
            "to_ms": self.now_ms,
            "source": self.source,
            **sums,
            "usual": expected,
            "series": {name: self._series(name) for name in _NAMES},
        }

    def _series(self, name: str, institution: str | None = None) -> list[int]:
        """The last hour by minute."""
        found = []
        for minute in range(self.last - SHOWN_MINUTES + 1, self.last + 1):
            there = self.minutes.get(minute, {})
            chosen = there.values() if institution is None else [there.get(institution, {})]
            found.append(sum(sums.get(name, 0) for sums in chosen))
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Institutions, those in trouble first."""
        rows = [self._row(name) for name in self.institutions if name not in _NOWHERE]
        return sorted(
            rows,
            key=lambda row: (not row["incident"], _RANKS[row["state"]], -row["missing"], -row["attempts"], row["name"]),
        )

    def _row(self, name: str) -> dict[str, Any]:
        now, known = self.now.get(name, {}), self.usual[name]
        stands = standing(now, known, self.elapsed_minutes)
        row = {
            "name": name,
            "state": stands.state,
            "incident": any(alert.is_open and alert.names(name) for alert in self.incidents),
            "missing": round(stands.missing),
            "attempts": now.get("attempts", 0),
            "completions": now.get("completions", 0),
            "usual_success": known.success if known else None,
            "usual_attempts": round(known.per_minute("attempts") * self.elapsed_minutes, 1) if known else None,
            "series": {"attempts": self._series("attempts", name), "completions": self._series("completions", name)},
        }
        in_trouble = stands.state in {State.FAR_BELOW, State.BELOW}
        return row | (self._trouble(name, known, stands.code) if in_trouble and known else {})

    def _trouble(self, name: str, known: Usual, code: str | None) -> dict[str, Any]:
        began = since(self.minutes, name, known.success or 0, min(self.minutes), self.last)
        told: dict[str, Any] = {"since_ms": began * MINUTE_MS, "code": code, "tell": tell(code, name)}
        if code is not None:
            sums = total(self.minutes, began, self.last).get(name, {})
            told |= {
                "samples": self.samples.get((name, code), ()),
                "people": sums.get(f"code:{code}", 0),
                "class": class_of(code),
                "about": about(code),
                "whose": whose(code),
                "advice": advice(code),
            }
        return told


def figures(model: Model, where: Filter, now_ms: int) -> Figures:
    """The figures of a filter, from the counts if they can tell."""
    by_result = where.platform is not None or where.release is not None
    table, span = (model.results, RESULT_MINUTES) if by_result else (model.counts, COUNT_MINUTES)
    first = now_ms // MINUTE_MS - span + 1
    minutes = {minute: sums for minute, sums in table.under(where).items() if minute >= first}
    incidents = (*model.incidents.open(), *model.incidents.resolved())
    return Figures(minutes, "results" if by_result else "counts", now_ms, incidents, model.samples)
