"""Sums of the last minutes over several horizons at once."""

from typing import Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers, Part

HORIZONS_MIN: Final = (1, 2, 3, 5, 8, 13, 20, 30, 45, 60, 90, 120, 180)
"""Each about half as long again as the one before: a change that began at any time is met by a horizon of which it
fills two thirds at least. The longest is twice the 90 minutes within which a doubling is to be found."""

FAILURES, ATTEMPTS, EXPOSURE = range(3)
"""What is summed: failures, attempts, and attempts weighed by the hour's shape."""


class Windows(Part):
    """Ring of the newest buckets of every series, and their sums over each horizon.

    Everything that is summed is a multiple of 2**-10 and below 2**40, so float64 holds the running sums exactly,
    however long they run: they are what adding up the ring anew would give.
    """

    arrays = ("ring", "sums", "age")

    def __init__(self, width_min: int) -> None:
        self.buckets: Integers = np.unique([max(1, minutes // width_min) for minutes in HORIZONS_MIN])
        """Horizons in buckets."""
        self.ring: Floats = np.zeros((int(self.buckets[-1]), 3, 0))
        self.sums: Floats = np.zeros((len(self.buckets), 3, 0))
        self.age: Floats = np.zeros(0)
        """Buckets since a series began, or began anew."""

    def push(self, number: int, newest: Floats) -> None:
        """Take a bucket, (3, series); `number` goes up by one with each."""
        size = len(self.ring)
        self.sums += newest - self.ring[(number - self.buckets) % size]
        self.ring[number % size] = newest
        self.age += 1

    @property
    def full(self) -> Flags:
        """(horizons, series): whether a sum is of the whole horizon.

        One that is not is that of a shorter horizon, and no less scattered for its longer name.
        """
        whole: Flags = self.age >= self.buckets[:, None]
        return whole

    def clear(self) -> None:
        """Begin anew with all; after it numbers may go on from anywhere."""
        self.ring[:] = 0
        self.sums[:] = 0
        self.age[:] = 0

    def forget(self, series: Integers) -> None:
        """Begin anew with these: after an incident no long window may still hold it."""
        self.ring[:, :, series] = 0
        self.sums[:, :, series] = 0
        self.age[series] = 0
