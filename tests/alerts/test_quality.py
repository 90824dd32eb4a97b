"""How well incidents of all kinds are found among noise: a small suite, with bounds that a change must not go below."""

import pytest

from pipeline.alerts import Alert
from tests.alerts.counts import START, Trouble, World
from tests.alerts.running import tell

BANKS = {"Alpha": 150.0, "Beta": 40.0, "Gamma": 12.0, "Delta": 4.0, "Epsilon": 1.0}
MINUTES = 1300
GRACE_MIN = 10

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


def fits(one: Alert, trouble: Trouble) -> bool:
    time = _minute(one)
    bank = one.institution in trouble.banks or (one.institution == "*" and trouble.kind == "wide")
    return bank and one.code in {trouble.code, "*"} and trouble.start <= time <= trouble.end + GRACE_MIN


def _minute(one: Alert) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(one.updated_at).timestamp()) // 60 - START


@pytest.mark.parametrize("seed", [11, 12])
def test_finds_what_is_there_and_nothing_else(seed: int) -> None:
    """Seven of eight at least, quickly, and no false page."""
    told = [one for one in tell(World(seed, BANKS, TROUBLES).buckets(MINUTES)) if one.state == "firing"]
    found = {
        trouble.kind: min((_minute(one) - trouble.start for one in told if fits(one, trouble)), default=None)
        for trouble in TROUBLES
    }
    pages = [one for one in told if one.severity == "page"]
    false = [one for one in pages if not any(fits(one, trouble) for trouble in TROUBLES)]
    assert not false
    assert sum(delay is not None for delay in found.values()) >= len(TROUBLES) - 1, found
    assert found["outage"] is not None
    assert found["outage"] <= 3
    assert found["wide"] == found["blip"] == 1
