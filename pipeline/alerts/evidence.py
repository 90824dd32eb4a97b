"""From counts to evidence: the baselines of every series, and what the newest windows say against them."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers, Packed
from pipeline.alerts.clumps import Clumps
from pipeline.alerts.learned import KEPT_MIN, Learned
from pipeline.alerts.season import Season
from pipeline.alerts.series import SeriesTable
from pipeline.alerts.statistic import TINY, disagreement
from pipeline.alerts.windows import ATTEMPTS, EXPOSURE, FAILURES, Windows

SUSPICION: Final = 6.0
"""Nats from which on a series learns slowly: by chance a series has them once in a day or two."""
SUSPICIOUS_PART: Final = 0.1
"""How slowly. Not 0: a baseline that is wrong without an alarm must get right by itself, here within five days."""

TELLING: Final = 1.0
"""Nats that anybody asks for at least (`wide` does); less is as good as none."""

WINSOR_SD: Final = 3.0
"""A bucket counts as this many standard deviations above its baseline at most: Huber's bound, generously."""

MOST: Final = 0.98
"""A baseline never says that all attempts fail."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of every horizon and series; all but `buckets`, `rate` and `clumps` are (horizons, series)."""

    nats: Floats
    """How badly the window disagrees with the baseline, upwards; less than a nat may be told as 0."""
    failures: Floats
    attempts: Floats
    expected: Floats
    """Failures by the baseline."""
    unsure: Floats
    """Variance of the baseline's log-odds: scatter, and what is not known of it."""
    buckets: Integers
    """The horizons, (horizons,)."""
    rate: Floats
    """By the baseline, now, (series,)."""
    clumps: Floats
    """How many failures come at once, (series,)."""


class Baselines:
    """Everything that is learned of the series."""

    def __init__(self, width_min: int) -> None:
        self.width_min = width_min
        self.windows = Windows(width_min)
        self.season = Season()
        self.clumps = Clumps(width_min)
        self.learned = Learned(width_min, self.windows.buckets)
        self._parts = (self.windows, self.season, self.clumps, *self.learned.parts)

    def take(self, minute: int, failures: Floats, attempts: Floats, table: SeriesTable, frozen: Flags) -> Evidence:
        """Take a bucket; the evidence is judged by what was learned before it.

        Args:
            minute: The bucket's start, in minutes since 1970.
            failures: Of every series in the bucket.
            attempts: The same.
            table: The series.
            frozen: Those that are not to learn now: they have an incident.
        """
        for part in (self.windows, self.season, self.clumps):
            part.grow(len(table))
        learned, newest = self.learned, self.learned.levels[0]
        learned.begin(minute, len(table))
        factor = self.season.factor(minute, table.code)
        level, known_by = learned.level.rate(table.code, table.start_rate)
        exposure = attempts * factor
        self.windows.push(minute // self.width_min, np.stack([failures, attempts, exposure]))
        sums, full = self.windows.sums, self.windows.full
        x, n = sums[:, FAILURES], sums[:, ATTEMPTS]
        expected = np.minimum(level * sums[:, EXPOSURE], MOST * n)
        rate = expected / (n + TINY)
        variance = learned.dispersion.variance(table.start_variance, table.bare)
        clumps = np.where(table.bare, 1.0, self.clumps.factor(table.code))
        unsure = np.log1p(variance) + clumps / known_by
        nats = disagreement(x / clumps, n / clumps, rate, unsure, least=TELLING, freedom=learned.dispersion.freedom)
        nats[~full] = 0
        # How large a bare count is, its first bucket has to tell; what was thought before is no measure.
        new = table.bare & (newest.exposure == 0)
        nats[:, new] = 0

        learns = np.where(frozen, 0.0, np.where(nats.max(axis=0) > SUSPICION, SUSPICIOUS_PART, 1.0))
        now = level * exposure
        capped = np.minimum(failures, now + WINSOR_SD * np.sqrt(now + variance[0] * now * now) + 1)
        known = np.where(new, 0.0, learns)
        self.season.learn(minute, self.width_min, capped * known, attempts * level * known)
        newest.learn(np.where(new, failures, capped), exposure, learns)
        chance = now * (1 - np.minimum(level * factor, MOST))
        scatter = (variance[0] + clumps / known_by) * now * now
        self.clumps.learn(failures, now, chance, scatter, clumps, (learns == 1) & ~table.bare)
        scatters = full & learned.old_enough() & ~(frozen | new)
        learned.dispersions[0].learn(
            x, expected, clumps * expected * (1 - rate), variance, table.bare, np.where(scatters, 1.0, 0.0)
        )
        return Evidence(nats, x, n, expected, unsure, self.windows.buckets, np.minimum(level * factor, MOST), clumps)

    def adopt(self, series: Integers) -> None:
        """Take what the longest window shows for the new normal."""
        self.learned.adopt(series, self.windows.sums[-1])

    def doubt(self, minute: int, series: Integers) -> None:
        """Forget what the last hours taught of series that turn out to be in trouble."""
        self.season.doubt(minute, KEPT_MIN, series)
        self.learned.doubt(series)

    def pack(self) -> list[Packed]:
        return [part.pack() for part in self._parts]

    def unpack(self, packed: list[Any]) -> None:
        for part, state in zip(self._parts, packed, strict=True):
            part.unpack(state)
