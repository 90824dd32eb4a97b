"""How much of a processor and of memory a backtest of two weeks takes: `tests/bench/run backtest`."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Final

import numpy as np

from pipeline.alerts.transition import rfc3339
from pipeline.cli.backtest.counts_file import HEADER
from tests.alerts.counts import DAY, RATES, START
from tests.bench.cache import ROOT, cached, source_digest

KIB: Final = 1024
BUSIEST: Final = 300.0
"""Attempts a minute at noon; the quietest bank has a thousandth of it."""


def write_counts(path: Path, days: int, series: int, seed: int) -> None:
    """Banks from busy to nearly idle, each with the codes of the tests' made-up counts; no incidents.

    A row for each code of a bank that had attempts, as the format wants.
    """
    random = np.random.default_rng(seed)
    banks = -(-series // len(RATES))
    names = [(f"Bank{place // len(RATES)}", list(RATES)[place % len(RATES)]) for place in range(series)]
    size = BUSIEST * np.logspace(0, -3, banks)
    share = np.array([RATES[code] for _, code in names]) * random.lognormal(0, 0.3, series)
    bank = np.arange(series) // len(RATES)
    with path.open("w", encoding="utf-8") as out:
        out.write(HEADER + "\n")
        for minute in range(days * DAY):
            traffic = 0.15 + 0.85 * max(0.0, 1 - abs(minute % DAY / 60 - 14) / 10)
            attempts = random.poisson(size * traffic)[bank]
            errors = random.binomial(attempts, share)
            stamp = rfc3339(START + minute)
            for (institution, code), failed, tried in zip(names, errors.tolist(), attempts.tolist(), strict=True):
                if tried:
                    out.write(f"{stamp},{institution},{code},{failed},{tried}\n")


def measure(counts: Path) -> str:
    """Run the real command on a file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pipeline", "backtest", str(counts), "--alerts", f"{folder}/alerts.jsonl"]
        subprocess.run(command, check=True, cwd=ROOT)
    used = getrusage(RUSAGE_CHILDREN)
    return f"{used.ru_utime + used.ru_stime:.1f} CPU-seconds, {used.ru_maxrss / KIB:,.0f} MiB at most"


def main() -> None:
    """Make the file once, run the command, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--series", type=int, default=320)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    name = f"counts-{options.days}-{options.series}-{options.seed}-{source_digest('tests/bench')}.csv"
    file = cached(name, lambda path: write_counts(path, options.days, options.series, options.seed))
    with file.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    print(f"{options.days} days, {options.series} series, {rows:,} rows: {measure(file)}")


if __name__ == "__main__":
    main()
