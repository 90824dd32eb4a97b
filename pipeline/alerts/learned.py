"""Level and scatter of the series as they were before the windows that are judged by them."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers, Part
from pipeline.alerts.dispersion import Dispersion
from pipeline.alerts.level import Level
from pipeline.alerts.windows import EXPOSURE, FAILURES, HORIZONS_MIN

KEPT_MIN: Final = HORIZONS_MIN[-1]
"""How often what is learned is kept: what was kept the time before is then older than any window. Without it a doubling
that went on for three hours had raised its own level by a sixth, and its own scatter eightfold."""

PROVEN_MIN: Final = 24 * 60
"""A series younger than this is judged by all that is known of it, its own windows included: there is too little else,
and of the hours of the day nothing."""

TIMES_AS_OLD: Final = 8
"""A level that is so many times as old as a window holds an eighth of it, so that what the window is off by is its
scatter to about a tenth. Younger ones follow their windows, and would say that nothing scatters."""


class Learned(Part):
    """Three generations: as of now, as kept last, and as kept the time before."""

    arrays = ("seen", "proven")

    def __init__(self, width_min: int, buckets: Integers) -> None:
        self.width_min = width_min
        self.buckets = buckets
        self.seen: Floats = np.zeros(0)
        """Buckets that a series has been there for."""
        self.proven: Floats = np.zeros(0)
        """1 for those that were old enough when it was kept last."""
        self.levels = [Level(width_min) for _ in range(3)]
        self.dispersions = [Dispersion(width_min, buckets) for _ in range(3)]
        """Of each generation, the newest first."""
        self.level = Level(width_min)
        self.dispersion = Dispersion(width_min, buckets)
        """To judge by: of the oldest generation, and for the young of the newest."""

    @property
    def parts(self) -> list[Part]:
        """What has a state."""
        return [self, *self.levels, *self.dispersions]

    def begin(self, minute: int, series: int) -> None:
        """Make ready what a bucket is judged by."""
        for part in self.parts:
            part.grow(series)
        if minute % KEPT_MIN < self.width_min:
            for newer, older in self._steps():
                _copy(newer, older, slice(None))
            self.proven = (self.seen * self.width_min >= PROVEN_MIN).astype(float)
        self.seen += 1
        for known, now, before in self._judges():
            for name in known.arrays:
                setattr(known, name, np.where(self.proven > 0, getattr(before, name), getattr(now, name)))

    def old_enough(self) -> Flags:
        """(horizons, series): whether a window's residuals tell of its scatter."""
        old: Flags = self.seen >= TIMES_AS_OLD * self.buckets[:, None]
        return old

    def doubt(self, series: Integers) -> None:
        """Forget what was learned since the oldest generation: trouble has begun before it was seen."""
        known = series[self.proven[series] > 0]
        for generations in (self.levels, self.dispersions):
            for newer in generations[:2]:
                _copy(generations[2], newer, known)

    def adopt(self, series: Integers, sums: Floats) -> None:
        """Take a window's sums, (3, series), for the level; one in which nobody came tells of none."""
        series = series[sums[EXPOSURE, series] > 0]
        for level in self.levels:
            level.failures[series] = sums[FAILURES, series]
            level.exposure[series] = sums[EXPOSURE, series]

    def _steps(self) -> Iterator[tuple[Part, Part]]:
        """From a generation to the one before it, the oldest first."""
        for place in (1, 0):
            yield self.levels[place], self.levels[place + 1]
            yield self.dispersions[place], self.dispersions[place + 1]

    def _judges(self) -> Iterator[tuple[Part, Part, Part]]:
        yield self.level, self.levels[0], self.levels[-1]
        yield self.dispersion, self.dispersions[0], self.dispersions[-1]


def _copy(source: Part, target: Part, series: Integers | slice) -> None:
    for name in source.arrays:
        getattr(target, name)[..., series] = getattr(source, name)[..., series]
