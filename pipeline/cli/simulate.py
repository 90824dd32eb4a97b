"""`simulate`: made-up events, to files with what is true of them, or through a collector's door."""

import sys
import time
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.command import Command
from pipeline.cli.failures import Failure
from pipeline.cli.incident_option import incident_option
from pipeline.cli.options import option
from pipeline.cli.output_files import OutputFile, require_different

if TYPE_CHECKING:
    from pipeline.simulator import Incident
    from pipeline.simulator.sending import Collector

FILE = OutputFile()


@click.command(
    cls=Command,
    short_help="Make up users: their events, and what is true of them.",
    epilog="""\b
Examples:
  flinks-pipeline simulate --out events.jsonl --truth truth.jsonl
  flinks-pipeline simulate --out events.jsonl --truth truth.jsonl --sessions 100000 --seed 7 \\
      --incident 'RBC:RETRY_LATER:0.8@10m+15m'
  flinks-pipeline simulate --to http://localhost:8080 --write-key wk_lending_1 --users-per-minute 60 --for 300

With --to, FLINKS_PIPELINE_BEARER_KEY, or the file that FLINKS_PIPELINE_BEARER_KEY_FILE names, may hold a backend's key.
Without it what backends and webhooks tell is left out.""",
)
@option("--out", type=FILE, metavar="FILE", help="Gets the events, in order of arrival.")
@option("--truth", type=FILE, metavar="FILE", help="Gets what is true of each session.")
@option("--to", metavar="URL", help="Sends the events to a collector instead, in real time from now on.")
@option("--write-key", metavar="KEY", help="With --to: an app's key, which stands in its pages.")
@option("--for", "for_s", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="With --to: no longer.")
@option("--sessions", default=1000, show_default=True, type=click.IntRange(1), metavar="N", help="How many, exactly.")
@option(
    "--users-per-minute",
    default=600.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="How fast users come.",
)
@option("--seed", default=1, show_default=True, type=int, metavar="N", help="Of all that is drawn at random.")
@incident_option
def simulate(
    out: Path | None,
    truth: Path | None,
    to: str | None,
    write_key: str | None,
    for_s: float | None,
    sessions: int,
    users_per_minute: float,
    seed: int,
    incidents: tuple[str, ...],
) -> None:
    """Make up users of Flinks Connect: their events, and the true results, as files of JSON lines.

    In files users come from 2026-01-01 on, and the same options give the same files. With --to they come now, their
    events go through a collector's door, and at the end it is told what became of them; some users come back for as
    long as an hour. The status is 1 if an event got no verdict.
    """
    from pipeline.simulator import parse_incident

    outages = [parse_incident(spec) for spec in incidents]
    if to is not None and out is None and truth is None:
        collector = _collector(to, write_key)
        _send(collector, sessions, users_per_minute, seed, outages, for_s)
    elif to is None and out is not None and truth is not None:
        require_different(out, truth)
        _write(out, truth, sessions, users_per_minute, seed, outages)
    else:
        raise Failure("give --out FILE and --truth FILE, or --to URL")


def _write(
    out: Path, truth: Path, sessions: int, users_per_minute: float, seed: int, incidents: "list[Incident]"
) -> None:
    from pipeline.simulator import write

    with click.progressbar(
        length=sessions, label="sessions", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as progress:
        events = write(
            out,
            truth,
            sessions=sessions,
            seed=seed,
            incidents=incidents,
            users_per_minute=users_per_minute,
            progress=lambda done: progress.update(done - progress.pos),
        )
    click.echo(f"{events:,} events of {sessions:,} sessions in {out}, the truth in {truth}", err=True)


def _collector(url: str, write_key: str | None) -> "Collector":
    from pipeline.cli.secret import read_secret
    from pipeline.simulator.sending import Collector

    if not url.startswith(("http://", "https://")):
        raise Failure(f"--to should begin with http:// or https://, not {url}")
    if write_key is None:
        raise Failure("--to needs --write-key, an app's key that the collector knows")
    bearer_key = read_secret("BEARER_KEY")
    return Collector(url.rstrip("/"), write_key, bearer_key and bearer_key[0])


def _send(
    to: "Collector",
    sessions: int,
    users_per_minute: float,
    seed: int,
    incidents: "list[Incident]",
    for_s: float | None,
) -> None:
    import asyncio

    from pipeline.simulator import Simulation
    from pipeline.simulator.sending import Sent, send

    now_ms = time.time_ns() // 1_000_000
    # By the day's time too: else a second run would send the first one's ids again.
    simulation = Simulation(
        seed + now_ms, users_per_minute, now_ms, incidents=incidents, sessions=sessions, keep_truth=False
    )
    events = simulation.events()
    if for_s is not None:
        end_ms = now_ms + for_s * 1_000
        events = takewhile(lambda event: event[0] <= end_ms, events)
    sent = Sent()
    try:
        asyncio.run(send(events, to, sent))
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    click.echo(str(sent))
    if sent.undelivered:
        raise Failure(f"{sent.undelivered:,} events got no verdict from {to.url}")
