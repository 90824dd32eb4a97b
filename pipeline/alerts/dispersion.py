"""How much more than by chance the counts of a series scatter around their baseline, learned by horizon."""

from typing import Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers, Part

HALF_LIFE_MIN: Final = 2 * 24 * 60
"""Of nights and days both are remembered."""

PRIOR_HOURS: Final = (2.0, 8.0)
"""Hours of data that weigh as much as what is thought beforehand: at short horizons an hour holds many windows; at
those of an hour or more it takes a night to have as many. In between it goes with the horizon."""
PRIOR_HOURS_PER_MIN: Final = 0.4

FLEET_CAP_HOURS: Final = 24.0
"""Of one series at most, so that the longest known is not the fleet."""

MINUTE_VARIANCE: Final = 0.1
"""Relative variance of a share that is of one minute alone, beside that of hours (series.START_VARIANCE), as it is
thought of beforehand; of many minutes' share it is as many times less. Made-up banks have 0.05 for users' own codes and
0.2 for others, and this is their geometric mean. Where minutes scatter four times as much, the first hours of a fleet
brought 8 and 11 false pages a week on one suite without it, and none with it."""

TELLING: Final = 0.2
"""The usual relative variance of a bank's minute: windows that expect fewer than 1 / 0.2 failures show chance rather
than scatter, and weigh less by the square of that share."""

LEAST: Final = 0.005
"""A rate is never steadier than to 7 %: no baseline is better than that, whatever a quiet day says."""

WINSOR_SD: Final = 3.0
WINSOR_SD_UNCOUNTED: Final = 2.5
"""A window counts as off by so many standard deviations at most: an incident is not scatter. Bare counts jump all the
time, and jumps are what is looked for: their scatter is that of the ordinary hours (on real series 2 finds
more with as many more false alarms, and 3 fewer with fewer)."""

ADDED: Final = 3.0
"""To both counts whose logarithms are compared, so that of 0 there is one: fewer than 3 visits are never an
incident."""

PRIOR_FREEDOM: Final = 20.0
"""Degrees of freedom of what is thought of scatter beforehand: chosen, as if a variance were known to a third
(sqrt(2 / 20)). With 10 to 30 the same incidents are found on three suites.

As many looks of the fleet weigh as much as what is thought of any fleet: a day of one series, or minutes of all. Where
rates scatter more than is thought of them they do so everywhere, and the fleet shows it long before each of its series
does: with scatter added to the suites' own (standard deviation 0.25, two hours long) it halved the false pages."""
LOOKS_PER_HOUR: Final = 1.0
"""An hour is one look, and a longer window one as long as it is: of made-up banks the variance at an hour is still
three fifths of that at three minutes, so what comes within an hour hangs together."""


class Dispersion(Part):
    """Relative variance of the rate around its baseline.

    It is what squared residuals have beyond the binomial variance, in parts of the squared expectation. Of bare counts
    it is the same of their logarithm, to first order: traffic doubles and halves, and how it halves tells how it
    doubles.
    """

    arrays = ("excess", "hours")

    def __init__(self, width_min: int, buckets: Integers) -> None:
        self.width_hours = width_min / 60
        self.keep = 0.5 ** (width_min / HALF_LIFE_MIN)
        self.prior: Floats = np.clip(buckets * (width_min * PRIOR_HOURS_PER_MIN), *PRIOR_HOURS)[:, None]
        self.of_minutes: Floats = MINUTE_VARIANCE / (buckets * width_min)[:, None]
        self.looks_per_hour: Floats = 1 / np.maximum(1 / LOOKS_PER_HOUR, buckets * (width_min / 60))[:, None]
        self.excess: Floats = np.zeros((len(buckets), 0))
        self.hours: Floats = np.zeros((len(buckets), 0))

    def variance(self, start: Floats, bare: Flags) -> Floats:
        """(horizons, series); `start` is what is thought of each series' hours before the fleet is known."""
        thought = self._of_fleet(start, bare)
        found: Floats = np.maximum((self.excess + self.prior * thought) / (self.hours + self.prior), LEAST)
        return found

    def _of_fleet(self, start: Floats, bare: Flags) -> Floats:
        """What the series that are counted alike show together, and no less than is thought of hours."""
        worth_hours = PRIOR_FREEDOM / self.looks_per_hour
        share = np.minimum(1.0, FLEET_CAP_HOURS / np.maximum(self.hours, FLEET_CAP_HOURS))
        kinds = np.stack([~bare, bare], axis=1).astype(float)
        known, length = ((array * share @ kinds)[:, bare.astype(int)] for array in (self.excess, self.hours))
        beforehand = start + self.of_minutes * ~bare
        thought: Floats = np.maximum((known + worth_hours * beforehand) / (length + worth_hours), start)
        return thought

    @property
    def freedom(self) -> Floats:
        """Degrees of freedom that a variance is known by, (horizons, series)."""
        found: Floats = PRIOR_FREEDOM + self.hours * self.looks_per_hour
        return found

    def learn(
        self, failures: Floats, expected: Floats, chance: Floats, variance: Floats, bare: Flags, how_much: Floats
    ) -> None:
        """Take the sums over every horizon, (horizons, series) each, and what was thought of their scatter.

        `chance` is the variance that they have at a steady rate.
        `bare` are series whose attempts are not counted.
        """
        limit = expected + WINSOR_SD * (np.sqrt(variance) * expected + np.sqrt(expected)) + 1
        off = np.minimum(failures, limit) - expected
        beyond = (off * off - chance) / np.maximum(expected * expected, 1e-9)
        if bare.any():
            beyond[:, bare] = _beyond_of_logarithm(*(array[:, bare] for array in (failures, expected, variance)))
        telling = TELLING * expected / (1 + TELLING * expected)
        weight = how_much * self.width_hours * telling * telling
        keep = np.where(how_much > 0, self.keep, 1.0)
        self.excess = keep * self.excess + weight * beyond
        self.hours = keep * self.hours + weight


def _beyond_of_logarithm(failures: Floats, expected: Floats, variance: Floats) -> Floats:
    more = expected + ADDED
    slope = np.maximum(expected, 1e-3) / more
    chance = expected / (more * more)
    most = WINSOR_SD_UNCOUNTED * np.sqrt(np.log1p(variance) * slope * slope + chance)
    off = np.clip(np.log((failures + ADDED) / more), -most, most)
    beyond: Floats = (off * off - chance) / (slope * slope)
    return beyond
