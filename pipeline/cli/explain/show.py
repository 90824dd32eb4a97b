"""Explanations for a person: rich on a terminal, plain lines elsewhere."""

import io
import re
from collections.abc import Iterable
from typing import Any, Final

import click
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

_PLAIN_WIDTH: Final = 1_000
"""Elsewhere lines are as long as they are: a program that reads them wants no breaks."""
INDENT: Final = 2
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def show(parts: Iterable[RenderableType], console: Console | None = None) -> None:
    """Print on standard output, or on another console."""
    console = console or Console(highlight=False, markup=False)
    whole = _Harmless(Group(*parts))
    if console.is_terminal:
        console.print(whole)
        return
    plain = Console(file=io.StringIO(), width=_PLAIN_WIDTH, highlight=False, markup=False, color_system=None)
    with plain.capture() as captured:
        plain.print(whole)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


class _Harmless:
    """Without control characters: what browsers send is anybody's, and must not steer the terminal."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._inner, options):
            yield Segment(_CONTROLS.sub("?", segment.text), segment.style, segment.control)


def grid(*headings: str) -> Table:
    """An empty table without lines; with headings if there are any."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(headings), header_style="dim")
    for heading in headings:
        table.add_column(heading)
    return table


def facts(rows: Iterable[tuple[str, str]]) -> RenderableType:
    """Names and what is said of them, a row each."""
    table = grid()
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, said in rows:
        table.add_row(name, said)
    return Padding(table, (0, 0, 0, INDENT))


def title(text: str, style: str = "bold") -> Text:
    return Text(text, style=style)


def said_plainly(value: Any) -> str:
    """A value of JSON as a person writes it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {said}" for name, said in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "-"
    return str(value)
