"""The test statistic against what it approximates."""

from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts.statistic import disagreement


def nats(failures: float, attempts: float, rate: float, variance: float) -> float:
    x, n, base, off = (np.array([value], float) for value in (failures, attempts, rate, variance))
    return float(disagreement(x, n, base, off)[0])


def tail(failures: int, attempts: int, rate: float) -> float:
    """P(X >= failures)."""
    return sum(comb(attempts, k) * rate**k * (1 - rate) ** (attempts - k) for k in range(failures, attempts + 1))


counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
rates = st.floats(0.001, 0.9)


class TestDisagreement:
    @given(counts, rates, st.floats(1e-4, 1), st.floats(0.1, 12))
    def test_leaves_out_only_what_is_below_the_least(
        self, count: tuple[int, int], rate: float, variance: float, least: float
    ) -> None:
        """Told as 0 or exactly; 0 only where there is less evidence than is asked for."""
        exact = nats(float(count[0]), float(count[1]), rate, variance)
        x, n, base, off = (np.array([float(value)]) for value in (*count, rate, variance))
        told = float(disagreement(x, n, base, off, least)[0])
        assert told in {0.0, exact}
        assert told == exact or exact < least

    @given(counts, rates)
    def test_bounds_the_binomial_tail(self, count: tuple[int, int], rate: float) -> None:
        """With a rate that is known exactly, exp(-D) is never below the probability of as many failures."""
        failures, attempts = count
        assert tail(failures, attempts, rate) <= exp(-nats(failures, attempts, rate, 1e-9)) * (1 + 1e-4)

    @given(counts, rates, st.floats(1e-4, 2), st.floats(1.01, 10))
    def test_an_uncertain_baseline_says_less(
        self, count: tuple[int, int], rate: float, variance: float, more: float
    ) -> None:
        assert nats(*count, rate, variance * more) <= nats(*count, rate, variance) + 1e-3

    @settings(deadline=None, max_examples=40)
    @given(counts, rates, st.floats(1e-4, 2))
    def test_is_the_least_price(self, count: tuple[int, int], rate: float, variance: float) -> None:
        """Newton's steps find what a fine grid of deviations finds."""
        failures, attempts = count
        found = nats(failures, attempts, rate, variance)
        if failures <= rate * attempts:
            assert found == 0
            return
        share = failures / attempts
        best = min(_price(failures, attempts, share, rate, step / 40, variance) for step in range(480))
        assert found == pytest.approx(best, rel=0.02, abs=0.05)

    @given(counts, rates, st.floats(1e-4, 2))
    def test_more_failures_say_more(self, count: tuple[int, int], rate: float, variance: float) -> None:
        failures, attempts = count
        if failures < attempts:
            assert nats(failures + 1, attempts, rate, variance) >= nats(failures, attempts, rate, variance) - 1e-3

    @given(counts, rates, st.floats(1e-4, 2), st.floats(20, 1000))
    def test_a_variance_that_was_learned_says_less(
        self, count: tuple[int, int], rate: float, variance: float, freedom: float
    ) -> None:
        """Student's price is below the normal one, or at small deviations (freedom + 1) / freedom of it."""
        x, n, base, off = (np.array([float(value)]) for value in (*count, rate, variance))
        learned = float(disagreement(x, n, base, off, freedom=freedom)[0])
        assert learned <= nats(*count, rate, variance) * (1 + 1 / freedom) + 1e-9

    def test_degrees_of_freedom(self) -> None:
        """When chance explains nothing, only the deviation's price is left: here of 4 sd, 8 nats if normal."""
        x, n, base, off = (np.array([value]) for value in (1e8 / (1 + exp(-0.4)), 1e8, 0.5, 0.01))
        told = [float(disagreement(x, n, base, off, freedom=freedom)[0]) for freedom in (20.0, 1e6, np.inf)]
        assert told == pytest.approx([10.5 * log(1 + 16 / 20), 8, 8], rel=0.01)

    def test_examples(self) -> None:
        """Three of three where one in a hundred fails; a doubling of many; nothing at all."""
        assert nats(3, 3, 0.01, 1e-9) == pytest.approx(3 * log(100), rel=1e-3)
        assert nats(200, 1000, 0.1, 1e-9) == pytest.approx(44.4, abs=0.1)
        assert nats(0, 0, 0.1, 0.1) == 0


def _price(failures: int, attempts: int, share: float, rate: float, off: float, variance: float) -> float:
    shared = 1 / (1 + exp(-(log(rate / (1 - rate)) + off)))
    divergence = 0.0
    if failures:
        divergence += failures * log(share / shared)
    if failures < attempts:
        divergence += (attempts - failures) * log((1 - share) / (1 - shared))
    return divergence + off * off / (2 * variance)
