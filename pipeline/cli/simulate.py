"""`simulate`: made-up events, and what is true of them."""

import sys
from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.incident_option import incident_option
from pipeline.cli.options import option

FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command(
    cls=Command,
    short_help="Make up users: their events, and what is true of them.",
    epilog="""\b
Examples:
  flinks-pipeline simulate --out events.jsonl --truth truth.jsonl
  flinks-pipeline simulate --out events.jsonl --truth truth.jsonl --sessions 100000 --seed 7 \\
      --incident 'RBC:RETRY_LATER:0.8@10m+15m'""",
)
@option("--out", required=True, type=FILE, metavar="FILE", help="Gets the events, in order of arrival.")
@option("--truth", required=True, type=FILE, metavar="FILE", help="Gets what is true of each session.")
@option("--sessions", default=1000, show_default=True, type=click.IntRange(1), metavar="N", help="How many, exactly.")
@option("--seed", default=1, show_default=True, type=int, metavar="N", help="Of all that is drawn at random.")
@incident_option
def simulate(out: Path, truth: Path, sessions: int, seed: int, incidents: tuple[str, ...]) -> None:
    """Make up users of Flinks Connect: their events, and the true results, as files of JSON lines.

    600 users a minute come, from 2026-01-01 on. The same options give the same files.
    """
    from pipeline.simulator import parse_incident, write

    outages = [parse_incident(spec) for spec in incidents]
    with click.progressbar(
        length=sessions, label="sessions", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as progress:
        events = write(
            out,
            truth,
            sessions=sessions,
            seed=seed,
            incidents=outages,
            progress=lambda done: progress.update(done - progress.pos),
        )
    click.echo(f"{events:,} events of {sessions:,} sessions in {out}, the truth in {truth}", err=True)
