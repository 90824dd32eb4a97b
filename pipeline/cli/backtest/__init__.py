"""`backtest`: the detector over past counts."""

from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.options import option
from pipeline.cli.output_files import OutputFile, require_different


@click.command(
    cls=Command,
    short_help="Run the alerts' detector over a file of past counts.",
    epilog="""\b
Examples:
  flinks-pipeline backtest counts.csv --alerts alerts.jsonl
  flinks-pipeline backtest counts.csv --alerts alerts.jsonl --explain
  flinks-pipeline backtest counts.csv --alerts alerts.jsonl --plot pictures""",
)
@click.argument("counts", metavar="INPUT.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option(
    "--alerts",
    required=True,
    type=OutputFile(),
    metavar="OUT.jsonl",
    help="Gets a line for each beginning and end of an incident.",
)
@option(
    "--plot",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    metavar="DIR",
    help="Gets a picture (SVG) of each incident: the series, its expected band, and when the alert was on.",
)
@option("--explain", is_flag=True, help="Say on stdout why each alert fired.")
def backtest(counts: Path, alerts: Path, plot: Path | None, explain: bool) -> None:
    """Run the detector, as it is in production, over a file of past counts.

    The file has the header timestamp,institution,code,errors,attempts, a timestamp being the start of a 1- or 5-minute
    bucket (RFC 3339 UTC); its rows are sorted by time, one for an institution, code and bucket that had attempts or
    errors. Attempts are left empty where nobody counted them.

    A line of OUT.jsonl is {"at", "state", "institution", "code", "severity", "score"}: `at` is the end of the bucket
    that decided it, `*` stands for any institution or code, and an incident that grows from a ticket to a page fires
    again. Silence is not looked for, since a file cannot tell it from a gap of the recording.
    """
    from pipeline.cli.backtest.run import run_backtest

    require_different(counts, alerts)
    summary = run_backtest(counts, alerts, plot=plot, explain=click.echo if explain else None)
    click.echo(summary, err=True)
