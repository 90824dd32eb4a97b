"""Draws by weight."""

from bisect import bisect
from collections.abc import Iterable
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things with weights; a draw takes each as often as its weight says."""

    __slots__ = ("_cumulated", "_things", "_total")

    def __init__(self, weights: Iterable[tuple[T, float]]) -> None:
        """Take (thing, weight) pairs; weights need not add up to 1."""
        pairs = list(weights)
        self._things = [thing for thing, _ in pairs]
        self._cumulated = list(accumulate(weight for _, weight in pairs))
        self._total = self._cumulated[-1]

    def draw(self, rng: Random) -> T:
        """Return one thing."""
        return self._things[bisect(self._cumulated, rng.random() * self._total)]
