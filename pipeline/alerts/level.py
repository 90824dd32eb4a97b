"""The rate of each series: its own as far as it tells, else that of its code over the fleet."""

from typing import Final

import numpy as np

from pipeline.alerts.arrays import Floats, Integers, Part

HALF_LIFE_MIN: Final = 12 * 60
"""Long against the slowest change to be found, short against drifts over days, which it follows 17 to 23 hours behind
(`learned` keeps it for three to six). 6 to 24 hours make no difference that is worth a word: F1 0.96 to 0.98 on three
suites."""

PRIOR_FAILURES: Final = 3.0
"""Failures that weigh as much as the code's rate over the fleet: rates of one code differ between banks by a factor of
1.8 (relative variance 0.3), and counting 1 / 0.3 failures is as uncertain as that."""

FLEET_CAP: Final = 20.0
"""Failures of one bank that count at most for the fleet's rate, so that the largest bank is not the fleet: 20 know a
rate to 22 %, better than banks agree among each other."""

START_FAILURES: Final = 0.5
"""What the rate that is thought of a code beforehand is worth, in failures: Jeffreys' prior."""


class Level(Part):
    """Failures and exposure, forgotten by half in half a day, and the fleet's rates for series that have few."""

    arrays = ("failures", "exposure")

    def __init__(self, width_min: int) -> None:
        self.forgets = 1 - 0.5 ** (width_min / HALF_LIFE_MIN)
        self.failures: Floats = np.zeros(0)
        self.exposure: Floats = np.zeros(0)

    def rate(self, codes: Integers, start: Floats) -> tuple[Floats, Floats]:
        """(rate, failures that it is known by) of each series.

        `start` is by code what is thought before anything was seen.
        """
        share = np.minimum(1.0, FLEET_CAP / np.maximum(self.failures, FLEET_CAP))
        known = np.bincount(codes, self.failures * share, len(start)) + START_FAILURES
        fleet = known / (np.bincount(codes, self.exposure * share, len(start)) + START_FAILURES / start)
        prior = 1 / (1 / PRIOR_FAILURES + 1 / known[codes])
        worth = self.exposure + prior / fleet[codes]
        rate = (self.failures + prior) / worth
        return rate, worth * rate

    def learn(self, failures: Floats, exposure: Floats, how_much: Floats) -> None:
        """Take a bucket; `how_much` is 0 for series that are not to learn now, and those do not forget either."""
        keep = 1 - self.forgets * how_much
        self.failures = keep * self.failures + how_much * failures
        self.exposure = keep * self.exposure + how_much * exposure
