"""`sessions`: the same session windows offline, without a broker."""

from pathlib import Path
from typing import BinaryIO

import click

from pipeline.cli.command import Command
from pipeline.cli.options import option
from pipeline.cli.output_files import OutputFile, require_different

FILE = OutputFile()


@click.command(
    cls=Command,
    short_help="Turn a file of events into sessions, without Kafka.",
    epilog="""\b
Examples:
  flinks-pipeline sessions < events.jsonl > sessions.jsonl
  flinks-pipeline sessions events.jsonl --visits visits.jsonl --rejected rejected.jsonl > sessions.jsonl
  zcat events.jsonl.gz | flinks-pipeline sessions - | jq .outcome""",
)
@click.argument("events", type=click.File("rb"), default="-")
@option("--visits", type=FILE, metavar="FILE", help="Gets the visits, in order of start.")
@option("--rejected", type=FILE, metavar="FILE", help="Gets what could not be used, and why.")
def sessions(events: BinaryIO, visits: Path | None, rejected: Path | None) -> None:
    """Turn events, one JSON object a line, into sessions by the rules of the agent.

    EVENTS is a file, or - for standard input. The whole input is taken as one partition in the order of the lines,
    and at its end all windows close. Each session is told once, as its last revision says it, in order of
    started_at and then of session_id. Lines that can not be used are counted on stderr; in --rejected `offset` is
    the line's number from 0.

    Memory grows with the number of sessions.
    """
    from pipeline.cli.offline_files import fold_lines, write_lines

    require_different(Path(getattr(events, "name", "")), visits, rejected)
    results = fold_lines(events, show=click.get_text_stream("stderr"))
    write_lines(results.sessions, click.get_binary_stream("stdout"))
    for path, lines in ((visits, results.visits), (rejected, results.rejected)):
        if path is not None:
            with path.open("wb") as file:
                write_lines(lines, file)
    click.echo(results.summary(), err=True)
