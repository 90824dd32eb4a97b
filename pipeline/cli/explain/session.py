"""A session's explanation for a person, and for a program."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from pipeline.cli.explain.show import INDENT, facts, grid, said_plainly, title
from pipeline.cli.explain.timeline_table import TimelineTable
from pipeline.sessions.explain import Explanation

_COLOURS: Final = {"completed": "green", "failed": "red", "abandoned": "yellow", "denied": "magenta", "expired": "cyan"}
_PLACE: Final = ("institution", "app", "environment", "platform", "release")


def session_parts(explanation: Explanation) -> Iterable[RenderableType]:
    """One session, for `show`."""
    yield _heading(explanation)
    yield facts(_about(explanation))
    if explanation.timeline:
        yield Text()
        yield Padding(TimelineTable(explanation.timeline), (0, 0, 0, INDENT))
    yield Text()
    yield title("Why")
    yield from (Padding(sentence, (0, 0, 0, INDENT)) for sentence in explanation.why)
    if explanation.advice:
        yield title("What to do")
        yield Padding(explanation.advice, (0, 0, 0, INDENT))
    if explanation.results:
        yield title("Result")
        yield Padding(_results(explanation.results), (0, 0, 0, INDENT))
    yield from (Text(f"Note: {note}", style="yellow") for note in explanation.notes)


def session_json(explanation: Explanation) -> dict[str, Any]:
    """The whole structure."""
    return asdict(explanation)


def _heading(explanation: Explanation) -> Text:
    outcome = explanation.outcome
    what = f"would be {outcome}" if explanation.open else outcome
    return Text.assemble(
        (f"Request {explanation.request_id}" if explanation.request_id else "Steps without a requestId", "bold"),
        f": {explanation.kind} session, " + ("open, " if explanation.open else ""),
        (what, _COLOURS.get(outcome, "")),
    )


def _about(explanation: Explanation) -> Iterable[tuple[str, str]]:
    if explanation.connect_session_id:
        yield "visit", explanation.connect_session_id
    for other in explanation.others:
        request = f"request {other.request_id}" if other.request_id else "steps without a requestId"
        yield "also there", f"{request}: {other.kind}, {other.outcome}, from {other.started_at}"
    if explanation.results:
        result = explanation.results[-1]
        if place := [result[name] for name in _PLACE if result[name]]:
            yield "where", ", ".join(place)
    if explanation.timeline:
        yield "when", f"{explanation.timeline[0].at[:10]}, times in UTC"


def _results(results: Sequence[dict[str, Any]]) -> RenderableType:
    """The fields, a column a revision; later columns show what is not as before."""
    table = grid("field", *(f"revision {result['revision']}" for result in results))
    table.columns[0].style = "dim"
    for column in table.columns[1:]:
        column.overflow = "fold"
    for name in results[-1]:
        if name == "revision":
            continue
        said = [result.get(name) for result in results]
        told = [said_plainly(said[0])]
        told += ["" if said[place] == said[place - 1] else said_plainly(said[place]) for place in range(1, len(said))]
        table.add_row(name, *told)
    return table
