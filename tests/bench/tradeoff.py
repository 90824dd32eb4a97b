"""What is found for how many false pages, by the budget of false pages: `tests/bench/run tradeoff`."""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Final
from unittest.mock import patch

import numpy as np

from pipeline.alerts import Alert, thresholds
from tests.alerts.counts import DAY, RATES, Trouble, World
from tests.alerts.running import tell
from tests.alerts.scored import fits, minute_of

BUDGETS: Final = (0.01, 1 / 7, 1.0, 7.0)
"""False pages a week by chance, of all series together (thresholds.PAGES_PER_WEEK)."""

NOISES: Final = {"calm": (0.1, 0.1), "twice as noisy": (0.2, 0.2)}
"""Standard deviation of the hours, relative variance of the minutes."""

BANKS: Final = {f"Bank{place}": float(size) for place, size in enumerate(400 * np.logspace(0, -3, 24))}

KINDS: Final = {
    "outage": (40, 0.95, 1.0),
    "blip": (5, 0.6, 1.0),
    "spike5": (60, 0.0, 5.0),
    "spike3": (90, 0.0, 3.0),
    "slow2": (240, 0.0, 2.0),
}
"""Minutes, share of attempts that fail, multiple of the rate."""

EVERY_MIN: Final = 300
ENOUGH: Final = 25
"""Failures that an incident adds at noon: with fewer it is not to be told from chance."""


@dataclass(frozen=True)
class Score:
    """Of one world; sums of them are those of several."""

    troubles: int
    delays: tuple[int, ...]
    false: int


def troubles(seed: int, minutes: int) -> Iterator[Trouble]:
    """One after the other, each at a bank and a code where it is large enough to be seen."""
    random = Random(seed)
    for number, start in enumerate(range(EVERY_MIN, minutes - EVERY_MIN, EVERY_MIN)):
        kind = list(KINDS)[number % len(KINDS)]
        length, share, times = KINDS[kind]
        places = [
            (bank, code)
            for bank, size in BANKS.items()
            for code, rate in RATES.items()
            if size * length * (share + rate * (times - 1)) >= ENOUGH and (rate < share or not share)
        ]
        bank, code = random.choice(places)
        yield Trouble(kind, start, start + length, (bank,), code, share=share, times=times)


def scores(noise: str, seed: int, days: int) -> list[Score]:
    """Run the detector over one world, once for each budget."""
    wanders, clumps = NOISES[noise]
    expected = list(troubles(seed, days * DAY))
    buckets = World(seed, BANKS, expected, noise=wanders, clumps=clumps).buckets(days * DAY)
    found = []
    for budget in BUDGETS:
        with patch.object(thresholds, "PAGES_PER_WEEK", budget):
            found.append(score(tell(buckets), expected))
    return found


def score(told: list[Alert], expected: list[Trouble]) -> Score:
    """Compare what was told with what was made up."""
    fired = [one for one in told if one.state == "firing"]
    delays = [first for trouble in expected if (first := _first(fired, trouble)) is not None]
    false = sum(one.severity == "page" and not any(fits(one, trouble) for trouble in expected) for one in fired)
    return Score(len(expected), tuple(delays), false)


def _first(fired: list[Alert], trouble: Trouble) -> int | None:
    """Minutes until it was found: a doubling by a ticket too, all others by a page."""
    times = [
        minute_of(one) - trouble.start
        for one in fired
        if fits(one, trouble) and (one.severity == "page" or trouble.kind == "slow2")
    ]
    return min(times, default=None)


def line(budget: float, noise: str, worlds: Sequence[Score], series_weeks: float) -> str:
    """A row of the table."""
    found = sum(len(one.delays) for one in worlds)
    false, wanted = sum(one.false for one in worlds), sum(one.troubles for one in worlds)
    f1 = 2 * found / (found + false + wanted)
    delay = median(delay for one in worlds for delay in one.delays)
    rate = false / series_weeks
    return f"| {budget:.2f} | {noise} | {f1:.3f} | {found / wanted:.3f} | {1000 * rate:.1f} | {delay:g} min |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    series_weeks = len(BANKS) * len(RATES) * options.days / 7 * options.seeds
    print("| budget | noise | F1 | recall | false pages a week and 1,000 series | median delay |")
    print("|---|---|---|---|---|---|")
    with ProcessPoolExecutor(options.processes) as pool:
        waiting = [[pool.submit(scores, noise, seed, options.days) for seed in seeds] for noise in NOISES]
        for noise, worlds in zip(NOISES, waiting, strict=True):
            found = [one.result() for one in worlds]
            for budget, cell in zip(BUDGETS, zip(*found, strict=True), strict=True):
                print(line(budget, noise, cell, series_weeks), flush=True)


if __name__ == "__main__":
    main()
