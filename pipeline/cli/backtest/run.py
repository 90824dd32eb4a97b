"""A backtest from file to file."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson

from pipeline.alerts import Alerts, AlertSettings, Told
from pipeline.cli.backtest.counts_file import buckets_of, width_of
from pipeline.cli.backtest.plot import Plots


def run_backtest(counts: Path, alerts: Path, *, plot: Path | None, explain: Callable[[str], Any] | None) -> str:
    """Feed the file's buckets to the detector and write what it tells; gives one line for a person."""
    width = width_of(counts)
    detector = Alerts(AlertSettings(width_min=width))
    plots = Plots(plot, detector) if plot else None
    tally: Counter[tuple[str, str]] = Counter()
    buckets = 0
    size = counts.stat().st_size
    with (
        alerts.open("wb") as out,
        click.progressbar(length=size, label="counts", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar,
    ):
        for bucket, done in buckets_of(counts, width):
            told = detector.take(bucket)
            for one in told:
                if one.alert.state == "updated":
                    continue
                out.write(_line(one))
                tally[one.alert.severity, one.alert.state] += 1
                if explain:
                    explain(_explained(one))
            if plots:
                plots.take(told)
            buckets += 1
            bar.update(done - bar.pos)
    if plots:
        plots.finish()
    fired = ", ".join(f"{times} {severity}s" for (severity, state), times in sorted(tally.items()) if state == "firing")
    return (
        f"{buckets:,} buckets, {len(detector.table):,} series: {fired or 'no alerts'}; {len(detector.ongoing)} still on"
    )


def _line(one: Told) -> bytes:
    alert = one.alert
    line = {
        "at": alert.updated_at,
        "state": alert.state,
        "institution": alert.institution,
        "code": alert.code,
        "severity": alert.severity,
        "score": alert.score,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _explained(one: Told) -> str:
    alert = one.alert
    where = f"{alert.institution} {alert.code}"
    head = f"{alert.updated_at}  {alert.state:8}  {alert.severity:6}  {alert.kind:16}  {where}"
    return f"{head}\n    {alert.summary}\n    {one.reason}: {one.why}"
