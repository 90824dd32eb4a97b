"""A session's timeline as a table."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from pipeline.cli.explain.show import grid, said_plainly
from pipeline.sessions.explain import Moment
from pipeline.sessions.explain.words import told_ms

_BY_POSITION: Final = "~"
_FATES: Final = {"over_cap": "not used: its visit was full", "too_late": "not used: too late, rejected"}
Cells = tuple[str, str, str, str, Text, str, Text]
"""Sign, time, time since the start, source and kind, name, stage, meaning."""

_WIDE: Final = 120
"""Columns that names, stages and meanings need beside each other."""
_ALIKE: Final = 4
"""So many like events in a row, as a backend's polling makes, are shown by the first and the last."""


class TimelineTable:
    """A row a moment, and below what the signs mean; on a narrow terminal meanings stand below the names."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        """Of the moments of one session, in order."""
        self._moments = moments

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """What rich prints."""
        wide = options.max_width >= _WIDE
        table = grid("", "time", "+", "from", "event", *(("stage reached", "meaning") if wide else ()))
        table.columns[2].justify = "right"
        for column in table.columns[:-1]:
            column.no_wrap = True
        table.columns[-1].overflow = "fold"
        for cells, style in _rows(self._moments):
            table.add_row(*(cells if wide else _stacked(cells)), style=style)
        yield table
        if any(_is_by_position(moment) for moment in self._moments):
            yield Text(f"{_BY_POSITION} has no request_id: it is this session's by its position", style="dim")


def _rows(moments: Sequence[Moment]) -> Iterator[tuple[Cells, str]]:
    """Cells and style of each row."""
    said: dict[str, object] = {}
    for _, alike in groupby(moments, _kind_of):
        run = list(alike)
        shown = run if len(run) < _ALIKE else [run[0], run[-1]]
        for moment in shown:
            if moment is run[-1] and len(run) > len(shown):
                yield ("", "", "", "", Text(f"... {len(run) - len(shown)} more of these"), "", Text()), "dim"
            yield _cells(moment, said), "dim" if moment.fate in _FATES else ""


def _stacked(cells: Cells) -> Iterator[str | Text]:
    *before, name, stage, meaning = cells
    yield from before
    yield Text("\n").join([name, *([Text(f"reaches {stage}")] if stage else []), *([meaning] if meaning else [])])


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


def _cells(moment: Moment, said: dict[str, object]) -> Cells:
    marks = "; ".join(_marks(moment, said))
    return (
        _BY_POSITION if _is_by_position(moment) else "",
        moment.at[11:-1],
        f"-{told_ms(-moment.elapsed_ms)}" if moment.elapsed_ms < 0 else told_ms(moment.elapsed_ms),
        f"{moment.source} {moment.kind}",
        Text(moment.name, style="red" if moment.failure_class else "green" if moment.stage == "connected" else ""),
        moment.stage or "",
        Text.assemble(moment.about, (f" [{marks}]" if marks else "", "yellow")),
    )


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
