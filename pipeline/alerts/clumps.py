"""How many failures come at once: so many times the variance of chance has what is counted."""

from typing import Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers, Part

HALF_LIFE_MIN: Final = 2 * 24 * 60
"""As long as scatter is remembered (dispersion)."""

PRIOR_WEIGHT: Final = 20.0
"""Failures that weigh as much as what is thought beforehand: of all codes that they come one by one, of one what all
show. As degrees of freedom they know a variance to a third (dispersion.PRIOR_FREEDOM)."""

BANK_CAP: Final = 100.0
"""Weight of one bank at most, so that no bank is the fleet: five times what is thought beforehand."""

WINSOR_SD: Final = 3.0
ADDED: Final = 3.0
"""A bucket is off by so many standard deviations and failures at most: an incident is no clump, and fewer than 3 visits
are never an incident."""


class Clumps(Part):
    """The factor of each code over the fleet, of rare ones that of all codes, from buckets that expect few failures.

    One who tries again, or a program that does, makes several failures of one. Quasi-likelihood (Wedderburn 1974) has
    the factor as Pearson's chi squared over its degrees of freedom. In buckets that expect much, a rate that wanders
    makes more of it, and that is for `dispersion`.
    """

    arrays = ("squares", "weight")

    def __init__(self, width_min: int) -> None:
        self.keep = 0.5 ** (width_min / HALF_LIFE_MIN)
        self.squares: Floats = np.zeros(0)
        self.weight: Floats = np.zeros(0)

    def factor(self, codes: Integers) -> Floats:
        """Of each series, 1 or more."""
        share = np.minimum(1.0, BANK_CAP / np.maximum(self.weight, BANK_CAP))
        squares, weight = np.bincount(codes, self.squares * share), np.bincount(codes, self.weight * share)
        every = (squares.sum() + PRIOR_WEIGHT) / (weight.sum() + PRIOR_WEIGHT)
        found: Floats = np.maximum((squares + PRIOR_WEIGHT * every) / (weight + PRIOR_WEIGHT), 1.0)[codes]
        return found

    def learn(
        self, failures: Floats, expected: Floats, chance: Floats, scatter: Floats, factor: Floats, known: Flags
    ) -> None:
        """Take a bucket: failures, how many were expected, and the factor until now.

        Their variance is `chance` if they come one by one, and beside it `scatter`, of the rate and of what is not
        known of it.
        """
        limit = expected + WINSOR_SD * np.sqrt(factor * chance) + ADDED
        off = np.minimum(failures, limit) - expected
        # The square's variance is chance + 2 chance^2; beyond a failure or so it tells of wandering rates.
        weight = np.where(known, chance / ((1 + 2 * chance) * (1 + expected) ** 2), 0.0)
        keep = np.where(known, self.keep, 1.0)
        self.squares = keep * self.squares + weight * (off * off - scatter) / np.maximum(chance, 1e-9)
        self.weight = keep * self.weight + weight
