"""The table of banks, those in trouble first."""

from typing import Any, Final

from pipeline.dashboard.figures import Figures
from pipeline.dashboard.minutes import MINUTE_MS, total
from pipeline.dashboard.standing import State, last_attempt, since, standing
from pipeline.dashboard.usual import Usual
from pipeline.dashboard.words import about, advice, class_of, tell, whose

_RANKS: Final = {state: rank for rank, state in enumerate(State)}
_TROUBLE: Final = frozenset({State.FAR_BELOW, State.SILENT, State.BELOW})
_NOWHERE: Final = frozenset({"unknown"})
"""Visits whose user has not chosen a bank yet: part of the whole, and no row."""


def banks(figures: Figures) -> list[dict[str, Any]]:
    """A row a bank: those of an incident, then the others from worst to best; whom nothing is wrong with, by name.

    A row that somebody reads should not move each second.
    """
    rows = [_row(figures, name) for name in figures.institutions if name not in _NOWHERE]
    return sorted(
        rows,
        key=lambda row: (
            not row["incident"],
            _RANKS[row["state"]],
            -row["missing"] if row["state"] in _TROUBLE else 0,
            row["name"],
        ),
    )


def _row(figures: Figures, name: str) -> dict[str, Any]:
    now, known = figures.now.get(name, {}), figures.usual[name]
    stands = standing(now, known if figures.behind_ms is None else None, figures.elapsed_minutes)
    row = {
        "name": name,
        "state": stands.state,
        "incident": any(alert.is_open and alert.names(name) for alert in figures.incidents),
        "missing": round(stands.missing),
        "attempts": now.get("attempts", 0),
        "completions": now.get("completions", 0),
        "usual_success": known.success if known else None,
        "usual_attempts": round(known.per_minute("attempts") * figures.elapsed_minutes, 1) if known else None,
        "series": {part: figures.series(part, name) for part in ("attempts", "completions")},
    }
    if known is not None and stands.state is State.SILENT:
        began_ms = (last_attempt(figures.minutes, name) + 1) * MINUTE_MS
        return row | {"since_ms": began_ms, "code": None, "tell": tell(None, name, "silence")}
    if known is None or stands.state not in {State.FAR_BELOW, State.BELOW}:
        return row
    return row | _trouble(figures, name, known, stands.code)


def _trouble(figures: Figures, name: str, known: Usual, code: str | None) -> dict[str, Any]:
    """Since when, and of the code that rises: how many people met it, and what to do."""
    began = since(figures.minutes, name, known.success or 0, min(figures.minutes), figures.last)
    told: dict[str, Any] = {"since_ms": began * MINUTE_MS, "code": code, "tell": tell(code, name)}
    if code is None:
        return told
    met = total(figures.minutes, began, figures.last).get(name, {})
    return told | {
        "samples": figures.samples.get((name, code), ()),
        "people": met.get(f"code:{code}", 0),
        "class": class_of(code),
        "about": about(code),
        "whose": whose(code),
        "advice": advice(code),
    }
