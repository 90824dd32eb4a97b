"""A session's timeline as a table."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.cli.explain.show import grid, said_plainly
from pipeline.sessions.explain import Moment
from pipeline.sessions.explain.words import told_ms

_BY_POSITION: Final = "~"
_FATES: Final = {"over_cap": "not used: its visit was full", "too_late": "not used: too late, rejected"}
_ALIKE: Final = 4
"""So many like events in a row, as a backend's polling makes, are shown by the first and the last."""


def timeline_table(moments: Sequence[Moment]) -> RenderableType:
    """A row a moment, and below what the signs mean."""
    table = grid("", "time", "+", "from", "event", "stage reached", "meaning")
    table.columns[2].justify = "right"
    for place, column in enumerate(table.columns):
        column.no_wrap = place not in _WRAPPED
        column.overflow = "fold"
    said: dict[str, object] = {}
    for _, alike in groupby(moments, _kind_of):
        run = list(alike)
        for moment in run if len(run) < _ALIKE else run[:1]:
            table.add_row(*_cells(moment, said), style=_style(moment))
        if len(run) >= _ALIKE:
            table.add_row("", "", "", "", f"... {len(run) - 2} more of these", style="dim")
            table.add_row(*_cells(run[-1], said), style=_style(run[-1]))
    if not any(_is_by_position(moment) for moment in moments):
        return table
    return Group(table, Text(f"{_BY_POSITION} has no request_id: it is this session's by its position", style="dim"))


_WRAPPED: Final = (4, 6)
"""Columns whose texts may be broken."""


def _kind_of(moment: Moment) -> tuple[object, ...]:
    return (
        moment.source,
        moment.kind,
        moment.name,
        moment.http_status,
        moment.given,
        moment.again,
        moment.after_result,
        moment.fate,
    )


def _cells(moment: Moment, said: dict[str, object]) -> Iterator[str | Text]:
    yield _BY_POSITION if _is_by_position(moment) else ""
    yield moment.at[11:-1]
    yield f"-{told_ms(-moment.elapsed_ms)}" if moment.elapsed_ms < 0 else told_ms(moment.elapsed_ms)
    yield f"{moment.source} {moment.kind}"
    yield Text(moment.name, style="red" if moment.failure_class else "green" if moment.stage == "connected" else "")
    yield moment.stage or ""
    marks = "; ".join(_marks(moment, said))
    yield Text.assemble(moment.about, (f" [{marks}]" if marks else "", "yellow"))


def _style(moment: Moment) -> str:
    return "dim" if moment.fate in _FATES else ""


def _is_by_position(moment: Moment) -> bool:
    return moment.given == "position"


def _marks(moment: Moment, said: dict[str, object]) -> Iterator[str]:
    """What is to be said besides its meaning; of its attributes those that no moment before said alike."""
    if moment.failure_class:
        yield f"class {moment.failure_class}"
    if moment.http_status is not None:
        yield f"HTTP {moment.http_status}"
    for name, value in moment.attributes.items():
        if said.get(name) != value:
            yield f"{name} {said_plainly(value)}"
    said |= moment.attributes
    if moment.again is not None:
        yield f"told again as {moment.again.kind} after {told_ms(moment.again.after_ms)}"
    if moment.copies:
        yield "a copy came" if moment.copies == 1 else f"{moment.copies} copies came"
    if moment.behind_ms:
        yield f"late: event time had passed it by {told_ms(moment.behind_ms)}"
    if moment.after_result:
        yield "came after the result"
    if moment.fate in _FATES:
        yield _FATES[moment.fate]
