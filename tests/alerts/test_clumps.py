"""Failures that come several at once."""

import numpy as np
import pytest

from pipeline.alerts import Alert, Bucket, Row
from pipeline.alerts.arrays import Flags
from pipeline.alerts.clumps import Clumps
from tests.alerts.running import START, tell

BANKS = 12
MINUTES = 600


def learned(at_once: int, minutes: int, rates: list[float], codes: list[int]) -> list[float]:
    """Factors after so many minutes of Poisson counts, each of which is so many failures."""
    random = np.random.default_rng(1)
    clumps, rate, series = Clumps(1), np.array(rates), np.array(codes)
    clumps.grow(len(rates))
    known: Flags = np.ones(len(rates), bool)
    for _ in range(minutes):
        failures = at_once * random.poisson(rate).astype(float)
        clumps.learn(failures, at_once * rate, at_once * rate, 0 * rate, clumps.factor(series), known)
    found: list[float] = clumps.factor(series).tolist()
    return found


class TestClumps:
    @pytest.mark.parametrize("at_once", [1, 2, 3])
    def test_tells_how_many_come_at_once(self, at_once: int) -> None:
        (found, *_) = learned(at_once, 1440, [0.05, 0.1, 0.3], [0, 0, 0])
        assert found == pytest.approx(at_once, rel=0.15)

    def test_a_rare_code_is_like_all(self) -> None:
        assert learned(2, 1440, [0.2, 0.2, 0.0001], [0, 0, 1])[2] > 1.7

    def test_before_anything_was_seen_they_come_one_by_one(self) -> None:
        assert learned(2, 0, [0.2], [0]) == [1]

    def test_an_outage_is_no_clump(self) -> None:
        """A bucket is off by a few failures at most."""
        factors = []
        for failures in (6.0, 1000.0):
            clumps, one = Clumps(1), np.array([0.1])
            clumps.grow(1)
            clumps.learn(np.array([failures]), one, one, 0 * one, np.ones(1), np.array([True]))
            factors += clumps.factor(np.array([0])).tolist()
        assert factors[0] == factors[1] < 3


def world(at_once: int) -> list[Bucket]:
    random = np.random.default_rng(2)
    counts = at_once * random.poisson(0.3 / at_once, (MINUTES, BANKS, 2))
    return [
        Bucket(
            START + minute,
            [
                Row(f"Bank{bank}", code, int(counts[minute, bank, place]), 100)
                for bank in range(BANKS)
                for place, code in enumerate(("RETRY_LATER", "INVALID_LOGIN"))
            ],
        )
        for minute in range(MINUTES)
    ]


def fired(told: list[Alert]) -> list[Alert]:
    return [one for one in told if one.state == "firing"]


class TestDetector:
    def test_four_at_once_are_no_incident(self) -> None:
        assert not [one for one in fired(tell(world(4))) if one.updated_at >= "2026-03-02T03:00"]

    def test_an_outage_among_them_is(self) -> None:
        buckets = world(4)
        rows = [row._replace(errors=60) if row[:2] == ("Bank3", "RETRY_LATER") else row for row in buckets[-1].rows]
        (one,) = fired(tell([*buckets[:-1], Bucket(buckets[-1].minute, rows)]))[-1:]
        assert (one.institution, one.code, one.severity) == ("Bank3", "RETRY_LATER", "page")
