"""The one test statistic: how badly counts agree with a baseline that is itself only known so well."""

from typing import Final

import numpy as np

from pipeline.alerts.arrays import Floats, Integers

TINY: Final = 1e-12
"""Keeps logarithms finite; far below any rate that a count could tell from 0."""

STEPS: Final = 4
"""Of Newton's method, kept within what is known to hold the root. On 200,000 random cases that was enough for six
digits."""

SMOOTH: Final = 0.05
"""Failures and successes that are added to a window for the bracket's end, which is to be finite."""


def disagreement(
    failures: Floats,
    attempts: Floats,
    rate: Floats,
    variance: Floats,
    least: float = 0.0,
    freedom: Floats | float = np.inf,
) -> Floats:
    """How many nats speak against the counts having come at the baseline's rate; 0 where they are not above it.

    The rate at work is allowed to be off from the baseline's by d on the scale of log-odds, at a price of
    d^2 / (2 * variance), which is what a normal d costs; failures are binomial at that rate. What is returned is the
    lowest total, relative to the best that a free rate could do:

        min over d of  attempts * KL(failures / attempts || rate(d)) + d^2 / (2 * variance)

    As the variance goes to 0 that is the Chernoff exponent of the binomial tail, P(X >= x) <= exp(-D); otherwise that
    of a binomial with a logit-normal rate, whose tail is as heavy as that of rates in the world. So one formula is
    count-aware, bears overdispersion, and a baseline from little data (a large variance).

    A variance that was learned is not known, and d is then Student's: with `freedom` degrees of it the price at the
    deviation found is (freedom + 1) / 2 * log(1 + d^2 / (freedom * variance)), which goes to that of a normal d.

    Evidence that is certainly below `least` (with a freedom, to a twentieth) is told as 0, which saves nine tenths of
    the work.

    All arguments have shapes that broadcast to that of `failures`, which is at most `attempts`.
    """
    nats = np.zeros(failures.shape)
    expected = rate * attempts
    # What no deviation costs is at least the minimum, and is itself at most Pearson's chi squared.
    beyond = failures - expected
    above = np.flatnonzero((beyond > 0) & (beyond * beyond >= least * expected * (1 - rate)))
    if len(above):
        base = np.clip(_at(above, rate, failures), TINY, 1 - TINY)
        x, n, price = _at(above, failures, failures), _at(above, attempts, failures), 1 / _at(above, variance, failures)
        free = _at(above, np.asarray(freedom, float), failures)
        odds = np.log(base / (1 - base))
        whole = np.maximum(np.log((x + SMOOTH) / (n - x + SMOOTH)) - odds, 0.0)
        # A deviation that explains the counts altogether costs at least the minimum as well.
        asked = np.flatnonzero(whole * whole * price >= 2 * least)
        nats.flat[above[asked]] = _above(*(array[asked] for array in (x, n, base, price, odds, whole, free)))
    return nats


def _at(places: Integers, array: Floats, like: Floats) -> Floats:
    full = array if array.shape == like.shape else np.broadcast_to(array, like.shape)
    found: Floats = full.ravel()[places]
    return found


def _above(
    failures: Floats, attempts: Floats, base: Floats, price: Floats, odds: Floats, whole: Floats, freedom: Floats
) -> Floats:
    variance = 1 / price
    binomial = base * (1 - base)
    # Between one step from no deviation, right where variance is small, and the mean of both samples, right where not.
    first = variance * (failures - attempts * base) / (1 + variance * attempts * binomial)
    pooled = (failures * variance * binomial + base) / (attempts * variance * binomial + 1)
    mean = np.clip(np.log(pooled / (1 - pooled)) - odds, 0.0, whole)
    low, high, off = np.zeros(len(whole)), whole, np.sqrt(mean * np.minimum(first, whole))
    for _ in range(STEPS):
        shared = 1 / (1 + np.exp(-(odds + off)))
        slope = attempts * shared - failures + off * price
        low, high = np.where(slope < 0, off, low), np.where(slope > 0, off, high)
        step = off - slope / (attempts * shared * (1 - shared) + price)
        off = np.where((step >= low) & (step <= high), step, (low + high) / 2)
    shared = np.clip(1 / (1 + np.exp(-(odds + off))), TINY, 1 - TINY)
    observed = np.clip(failures / attempts, TINY, 1 - TINY)
    squared = off * off * price
    bounded = np.where(np.isinf(freedom), 1.0, freedom)
    student = (bounded + 1) * np.log1p(squared / bounded)
    nats: Floats = (
        failures * np.log(observed / shared)
        + (attempts - failures) * np.log((1 - observed) / (1 - shared))
        + 0.5 * np.where(np.isinf(freedom), squared, student)
    )
    return nats
