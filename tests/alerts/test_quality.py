"""How well incidents of all kinds are found among noise: a small suite, with bounds that a change must not go below."""

import pytest

from tests.alerts.counts import Trouble, World
from tests.alerts.running import tell
from tests.alerts.scored import fits, minute_of

BANKS = {"Alpha": 150.0, "Beta": 40.0, "Gamma": 12.0, "Delta": 4.0, "Epsilon": 1.0}
MINUTES = 1300

TROUBLES = [
    Trouble("coldstart", 40, 60, ("Alpha",), "RETRY_LATER", times=8),
    Trouble("outage", 200, 240, ("Gamma",), "RETRY_LATER", share=0.95),
    Trouble("spike5", 320, 390, ("Delta",), "INVALID_LOGIN", times=5),
    Trouble("wide", 460, 500, tuple(BANKS), "AGGREGATION_ERROR", share=0.3),
    Trouble("blip", 580, 585, ("Beta",), "RETRY_LATER", share=0.6),
    Trouble("lowtraffic", 660, 780, ("Epsilon",), "RETRY_LATER", share=0.95),
    Trouble("spike3", 860, 950, ("Beta",), "INVALID_SECURITY_RESPONSE", times=3.5),
    Trouble("slow2", 1040, 1290, ("Alpha",), "SESSION_EXPIRED", times=2),
]


@pytest.mark.parametrize("seed", [11, 12])
def test_finds_what_is_there_and_nothing_else(seed: int) -> None:
    """Seven of eight at least, quickly, and no false page."""
    told = [one for one in tell(World(seed, BANKS, TROUBLES).buckets(MINUTES)) if one.state == "firing"]
    found = {
        trouble.kind: min((minute_of(one) - trouble.start for one in told if fits(one, trouble)), default=None)
        for trouble in TROUBLES
    }
    pages = [one for one in told if one.severity == "page"]
    false = [one for one in pages if not any(fits(one, trouble) for trouble in TROUBLES)]
    assert not false
    assert sum(delay is not None for delay in found.values()) >= len(TROUBLES) - 1, found
    assert found["outage"] is not None
    assert found["outage"] <= 3
    assert found["wide"] == found["blip"] == 1


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_a_new_fleet_whose_minutes_scatter(seed: int) -> None:
    """Nobody is woken in the first hours, in which nothing is known but what is thought of any fleet."""
    banks = {"Alpha": 400.0, "Beta": 150.0, "Gamma": 150.0, "Delta": 60.0, "Epsilon": 20.0, "Zeta": 5.0}
    told = tell(World(seed, banks, noise=0.2, clumps=0.3).buckets(120))
    assert not [one for one in told if one.severity == "page"]
