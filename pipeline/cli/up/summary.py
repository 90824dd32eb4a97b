"""What `up` says at its end."""

import json

import click

from pipeline.cli.up.counts import OUTCOMES, RunCounts
from pipeline.cli.up.parts import Parts


def sum_up(parts: Parts, counts: RunCounts, seconds: float, *, as_json: bool) -> None:
    """For a person, and with `as_json` for a machine."""
    found = ", ".join(f"{counts.sessions[outcome]:,} {outcome}" for outcome in OUTCOMES if counts.sessions[outcome])
    parts.say(f"After {seconds:,.0f} s: {counts.events:,} events, {counts.rejected:,} of them rejected")
    parts.say(f"  {counts.sessions.total():,} sessions" + (f": {found}" if found else ""))
    parts.say(f"  {counts.visits:,} visits")
    parts.say(f"  {len(counts.incidents):,} incident{'s' if len(counts.incidents) != 1 else ''}")
    if as_json:
        click.echo(json.dumps(counts.summary()))
