"""How a rate goes with the hour of the day: of a series as far as it tells, else of its code."""

from typing import Final

import numpy as np

from pipeline.alerts.arrays import Floats, Integers, Part

HOURS: Final = 24
HOUR_MIN: Final = 60
DAY_MIN: Final = HOURS * HOUR_MIN

KEEP: Final = 0.8
"""What a new day leaves of the former ones' weight: a memory of five days, so that a week's end counts and passes."""

PRIOR_FAILURES: Final = 20.0
"""Failures in an hour that weigh as much as the shape of the code. Rates of codes go up and down by a fifth to a third
over the day (relative variance 0.05), and counting 1 / 0.05 failures is as uncertain as that."""

GRID: Final = 1024.0
"""Factors are multiples of 1/1024, so that sums of exposures are exact; a thousandth is less than is known of them."""

BOUNDS: Final = (0.02, 20.0)
"""The quietest hour of the night has a fiftieth of the day's traffic; beyond that there is nothing to be learned."""


class Season(Part):
    """Factors by hour of the day, interpolated between the middles of hours."""

    arrays = ("failures", "expected", "new_failures", "new_expected")

    def __init__(self) -> None:
        self.failures: Floats = np.zeros((HOURS, 0))
        self.expected: Floats = np.zeros((HOURS, 0))
        """By the level alone, without the shape."""
        self.new_failures: Floats = np.zeros((HOURS, 0))
        self.new_expected: Floats = np.zeros((HOURS, 0))
        """Of the newest day. They count from the next day on, for an hour is not to be judged by itself."""

    def factor(self, minute: int, codes: Integers) -> Floats:
        """The series' factors at a minute since 1970."""
        first, part = divmod(minute % DAY_MIN - HOUR_MIN // 2, HOUR_MIN)
        share = part / HOUR_MIN
        factor = (1 - share) * self._of_hour(first % HOURS, codes) + share * self._of_hour((first + 1) % HOURS, codes)
        rounded: Floats = np.rint(np.clip(factor, *BOUNDS) * GRID) / GRID
        return rounded

    def _of_hour(self, hour: int, codes: Integers) -> Floats:
        failures, expected = self.failures[hour], self.expected[hour]
        fleet = (np.bincount(codes, failures) + PRIOR_FAILURES) / (np.bincount(codes, expected) + PRIOR_FAILURES)
        own: Floats = (failures + PRIOR_FAILURES * fleet[codes]) / (expected + PRIOR_FAILURES)
        return own

    def learn(self, minute: int, width_min: int, failures: Floats, expected: Floats) -> None:
        """Take a bucket: what failed, and what the level alone expected."""
        within = minute % DAY_MIN
        hour = within // HOUR_MIN
        if within % HOUR_MIN < width_min:
            self.failures[hour] = KEEP * (self.failures[hour] + self.new_failures[hour])
            self.expected[hour] = KEEP * (self.expected[hour] + self.new_expected[hour])
            self.new_failures[hour] = 0
            self.new_expected[hour] = 0
        self.new_failures[hour] += failures
        self.new_expected[hour] += expected

    def doubt(self, minute: int, minutes: int, series: Integers) -> None:
        """Drop what the hours before a minute brought."""
        hours = np.unique(np.arange(minute - minutes, minute + 1) % DAY_MIN // HOUR_MIN)
        self.new_failures[np.ix_(hours, series)] = 0
        self.new_expected[np.ix_(hours, series)] = 0
