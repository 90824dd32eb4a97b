"""Made-up outages."""

import json
from collections import Counter
from itertools import zip_longest

import pytest

from pipeline.simulator import START_MS, Incident, IncidentError, Simulation, parse_incident
from tests.simulator.contract import time_ms

MINUTE_MS = 60_000


class TestParse:
    @pytest.mark.parametrize(
        ("text", "incident"),
        [
            (
                "RBC:RETRY_LATER:0.8@10m+15m",
                Incident("RBC", "RETRY_LATER", 0.8, 10 * MINUTE_MS, 15 * MINUTE_MS),
            ),
            ("*:AGGREGATION_ERROR:1@0s+2h", Incident("*", "AGGREGATION_ERROR", 1.0, 0, 120 * MINUTE_MS)),
            ("coast capital:UNAUTHORIZED:.5@1.5m+90s", Incident("Coast Capital", "UNAUTHORIZED", 0.5, 90_000, 90_000)),
            (" TD : BANK_ON_FIRE : 1 @ 1h + 1m ", Incident("TD", "BANK_ON_FIRE", 1.0, 60 * MINUTE_MS, MINUTE_MS)),
        ],
    )
    def test_reads(self, text: str, incident: Incident) -> None:
        """Institution in any case or *, any failure's code, share, start and length with units."""
        assert parse_incident(text) == incident

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "should look like INSTITUTION:CODE:SHARE@START"),
            ("RBC:RETRY_LATER:0.8", "should look like"),
            ("RBC:RETRY_LATER:0.8@10m", "should look like"),
            ("RBC:0.8@10m+15m", "should look like"),
            ("Narnia:RETRY_LATER:0.8@10m+15m", "banks at 'Narnia'; take \\* or one of RBC, TD"),
            ("RBC:retry later:0.8@10m+15m", "'retry later' is not a code"),
            ("RBC:QUESTION_NOT_FOUND:0.8@10m+15m", "QUESTION_NOT_FOUND is no failure"),
            ("RBC:OK:0.8@10m+15m", "'OK' is not a code|OK is no failure"),
            ("RBC:RETRY_LATER:most@10m+15m", "the share 'most' is not a number"),
            ("RBC:RETRY_LATER:0@10m+15m", "the share 0 should be over 0"),
            ("RBC:RETRY_LATER:1.1@10m+15m", "the share 1.1 should be over 0 and at most 1"),
            ("RBC:RETRY_LATER:nan@10m+15m", "the share nan should be over 0"),
            ("RBC:RETRY_LATER:0.8@10+15m", "the start '10' should be a number with s, m or h"),
            ("RBC:RETRY_LATER:0.8@10m+fast", "the length 'fast' should be a number"),
            ("RBC:RETRY_LATER:0.8@10m+0s", "the length '0s' should be longer than nothing"),
        ],
    )
    def test_refuses(self, text: str, why: str) -> None:
        """What makes no sense is refused, with the part, the reason and an example."""
        with pytest.raises(IncidentError, match=why) as refused:
            parse_incident(text)
        assert repr(text) in str(refused.value)
        assert "RBC:RETRY_LATER:0.8@10m+15m" in str(refused.value)


@pytest.fixture(scope="module")
def attempts() -> list[tuple[str, int, bool]]:
    """(institution, ms after the start, whether the outage's code followed) of each attempt."""
    outage = parse_incident("TD:BANK_MAINTENANCE_RETRY_LATER:0.7@20m+20m")
    told = {"SUBMIT_CREDENTIAL", "POPUP_OPENED", outage.code}
    tabs: dict[str, dict[str, tuple[int, int, str, str]]] = {}
    for _, key, value in Simulation(1, 300, START_MS, users=18_000, incidents=[outage]).events():
        event = json.loads(value)
        if event["source"] == "browser" and event["name"] in told:
            said = (time_ms(event), event.get("seq", 0), event["name"], event["institution"])
            tabs.setdefault(key.decode(), {})[event["id"]] = said
    seen = []
    for events in tabs.values():
        in_order = sorted(events.values())
        for (at_ms, _, name, institution), after in zip_longest(in_order, in_order[1:]):
            if name != outage.code:
                seen.append((institution, at_ms - START_MS, after is not None and after[2] == outage.code))
    return seen


class TestOutage:
    def test_share(self, attempts: list[tuple[str, int, bool]]) -> None:
        """The share of attempts at the institution fails while the outage lasts."""
        during = [hit for bank, at, hit in attempts if bank == "TD" and 20 * MINUTE_MS < at < 40 * MINUTE_MS]
        assert len(during) > 500
        # Of some attempts the user is gone before the answer.
        assert 0.63 < sum(during) / len(during) < 0.73

    def test_elsewhere(self, attempts: list[tuple[str, int, bool]]) -> None:
        """Other institutions and other times know nothing of it."""
        outside = [
            hit
            for bank, at, hit in attempts
            if bank != "TD" or at < 20 * MINUTE_MS - 2_000 or at > 40 * MINUTE_MS + 2_000
        ]
        assert len(outside) > 5_000
        assert sum(outside) / len(outside) < 0.01

    def test_people(self) -> None:
        """In an outage some users try again under a new requestId, and some give up."""
        outage = parse_incident("*:RETRY_LATER:1@0s+10h")
        simulation = Simulation(1, 300, START_MS, users=1_000, incidents=[outage])
        for _ in simulation.events():
            pass
        failed = [s for s in simulation.truth if s.journey == "connected" and s.browser]
        assert {session.outcome for session in failed} == {"failed"}
        assert {session.failure for session in failed} == {("RETRY_LATER", "institution")}
        tries = Counter(session.attempt for session in failed)
        assert tries[1] > tries[2] > tries[3] > 0
