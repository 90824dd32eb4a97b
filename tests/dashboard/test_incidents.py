"""Incidents and their stories."""

import itertools
import random
from typing import Any

import orjson
import pytest

from pipeline.dashboard.alerts import RESOLVED, Incidents, read_alert
from pipeline.dashboard.minutes import Filter
from pipeline.dashboard.model import RESULT_MINUTES, Model
from pipeline.dashboard.snapshot import snapshot, story
from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.times import format_ms
from tests.dashboard.made import MINUTE_MS, NOW_MS, alert, count, visit

KINDS = ("outage", "code_spike", "no_completion", "user_error_surge", "silence", "backlog", "identity_loss")
STATES = ("firing", "updated", "resolved")


def rows(model: Model) -> list[dict[str, Any]]:
    """The table of banks."""
    section = snapshot(model, Filter(), NOW_MS)["banks"]
    assert isinstance(section, list)
    return section


class TestStory:
    @pytest.mark.parametrize(("kind", "state"), list(itertools.product(KINDS, STATES)))
    def test_every_kind_in_every_state(self, kind: str, state: str) -> None:
        """What, since when, how many, what to do, what to tell users: all of it is said in words."""
        told = story(read_alert(alert(kind=kind, state=state, action="")), 132)
        assert "RBC" in told["title"]
        assert told["tell"].endswith(".")
        assert "{" not in told["title"] + told["tell"]
        assert told["started_ms"] == NOW_MS - 20 * MINUTE_MS
        assert told["people"] == 132
        assert told["action"] == CATALOGUE["RETRY_LATER"].in_browser.advice
        assert (told["ended_ms"] is None) is (state != "resolved")

    @pytest.mark.parametrize("code", ["*", *CATALOGUE, "NO_SUCH_CODE"])
    def test_every_code(self, code: str) -> None:
        """There is something to tell users whatever it is."""
        told = story(read_alert(alert(code=code, codes=[], institution="*", institutions=["RBC", "TD"])), 1)
        assert told["title"].startswith("Several banks")
        assert "Several banks" not in told["tell"]

    def test_a_name_in_the_place_of_a_code(self) -> None:
        """It is not shown as one."""
        assert story(read_alert(alert(kind="no_completion", code="NO_COMPLETION", codes=[])), 1)["code"] is None

    def test_only_what_is_required(self) -> None:
        """What an alert leaves out is unknown."""
        least = {"id": "1", "revision": 1, "kind": "new", "state": "firing", "started_at": format_ms(NOW_MS)}
        told = story(read_alert(orjson.dumps(least)), None)
        assert told["title"] == "All banks: errors"
        assert told["people"] is None

    def test_a_link_that_is_none(self) -> None:
        """Nothing but the web is linked to."""
        assert story(read_alert(alert(runbook_url="javascript:alert(1)")), 1)["runbook_url"] is None

    def test_banks_that_are_not_listed(self) -> None:
        """Have a name that a person understands, which is not told to users."""
        told = story(read_alert(alert(institution="other", institutions=["other"])), 1)
        assert told["title"] == "Other banks: most logins fail"
        assert told["tell"].startswith("Your bank can not be reached")


class TestPeople:
    """How many an incident met until now; its record tells of the minutes that decided, and may be hours old."""

    COUNTS: tuple[dict[str, Any], ...] = (
        {"minute": 19, "institution": "RBC", "codes": {"RETRY_LATER": 7, "INVALID_LOGIN": 2}},
        {"minute": 21, "institution": "RBC", "codes": {"RETRY_LATER": 500}},
        {"minute": 1, "institution": "RBC", "codes": {"RETRY_LATER": 140, "UNAUTHORIZED": 30}},
        {"minute": 1, "institution": "TD", "codes": {"RETRY_LATER": 1_000}},
    )

    @pytest.mark.parametrize(
        ("fields", "people"),
        [
            ({}, 147),
            ({"visits": 200}, 200),
            ({"code": "*", "codes": ["RETRY_LATER", "UNAUTHORIZED"]}, 177),
            ({"institution": "*", "institutions": ["RBC", "TD"]}, 1147),
            ({"institution": "*", "institutions": []}, 1147),
            ({"state": "resolved", "ended_at": format_ms(NOW_MS - 10 * MINUTE_MS)}, 132),
            ({"code": "NO_COMPLETION", "codes": [], "visits": None}, None),
        ],
    )
    def test_since_it_began(self, fields: dict[str, Any], people: int | None) -> None:
        """Of its banks and codes, and what its record tells at least."""
        model = Model()
        for each in self.COUNTS:
            told = {name: value for name, value in each.items() if name != "minute"}
            model.take_count(count(at_ms=NOW_MS - each["minute"] * MINUTE_MS, **told))
        model.take_alert(alert(**fields))
        section = snapshot(model, Filter(app="no such app"), NOW_MS)["incidents"]
        assert isinstance(section, dict)
        (found,) = section["open"] or section["over"]
        assert found["people"] == people


class TestIncidents:
    def test_revisions(self) -> None:
        """The highest counts, in whatever order they come."""
        revisions = [
            alert(revision=1),
            alert(revision=2, state="updated", visits=200),
            alert(revision=3, state="resolved"),
        ]
        for order in itertools.permutations(revisions):
            known = Incidents()
            for each in order:
                known.put(read_alert(each))
            assert [each.revision for each in known.resolved()] == [3]
            assert known.open() == []

    def test_order_and_bounds(self) -> None:
        """Pages first, then whom most people meet; of those that are over only some are kept."""
        known = Incidents()
        rng = random.Random(1)
        for number in range(200):
            severity, state = rng.choice(["page", "ticket"]), rng.choice(STATES)
            known.put(read_alert(alert(id=str(number), severity=severity, state=state, visits=rng.randrange(50))))
        ranks = [(each.severity == "ticket", -(each.visits or 0)) for each in known.open()]
        assert ranks == sorted(ranks)
        assert len(known.resolved()) == RESOLVED


class TestTrouble:
    def test_a_bank_without_an_incident(self) -> None:
        """The table alone tells which bank, since when, how many people, and what to tell them."""
        model = Model()
        for minute in range(60):
            at_ms = NOW_MS - minute * MINUTE_MS
            bad = minute < 7
            model.take_count(count(at_ms=at_ms, attempts=20, completions=15, institution="TD"))
            codes = {"RETRY_LATER": 16} if bad else {"INVALID_LOGIN": 2}
            model.take_count(
                count(
                    at_ms=at_ms,
                    attempts=20,
                    completions=3 if bad else 15,
                    codes=codes,
                    samples={"RETRY_LATER": [str(minute)]},
                )
            )
        first, second = rows(model)
        assert (first["name"], first["state"], first["code"]) == ("RBC", "far_below", "RETRY_LATER")
        assert first["since_ms"] == NOW_MS - 30_000 - 6 * MINUTE_MS
        assert first["people"] == 7 * 16
        assert first["samples"] == ["59", "58", "57", "56", "55"]
        assert "RBC can not be reached" in first["tell"]
        assert second["state"] == "usual"

    def test_order(self) -> None:
        """Trouble first, by how many are missed; all others stay where they are, by name."""
        model = Model()
        for minute in range(60):
            now = minute < 5
            for bank, completions in {"TD": 14, "BMO": 2 if now else 15, "RBC": 1 if now else 15, "CIBC": 15}.items():
                at_ms = NOW_MS - minute * MINUTE_MS
                model.take_count(count(at_ms=at_ms, institution=bank, attempts=20, completions=completions))
        assert [row["name"] for row in rows(model)] == ["RBC", "BMO", "CIBC", "TD"]

    def test_a_pipeline_that_is_behind(self) -> None:
        """Its newest minutes are not complete, and no bank is called silent or bad for that."""
        for late_ms, state in ((60_000, "silent"), (181_000, "unknown")):
            model = Model()
            for minute in range(6, 60):
                at_ms = NOW_MS - minute * MINUTE_MS
                model.take_count(count(at_ms=at_ms, attempts=20, completions=15, watermark_ms=NOW_MS - late_ms))
            (row,) = rows(model)
            assert row["state"] == state
            told = snapshot(model, Filter(), NOW_MS)["now"]
            assert isinstance(told, dict)
            assert told["behind_ms"] == (None if state == "silent" else late_ms)

    def test_a_platform_before_those_who_fail_are_told(self) -> None:
        """Visits that connect are told at once, and others after eight minutes: until then nothing is said."""
        model = Model()
        for minute in range(RESULT_MINUTES):
            for number in range(20):
                converted = number < 15
                if converted or minute > 10:
                    model.take_visit(visit(at_ms=NOW_MS - minute * MINUTE_MS, converted=converted))
        told = snapshot(model, Filter(platform="web"), NOW_MS)
        assert isinstance(told["now"], dict)
        assert (told["now"]["attempts"], told["now"]["completions"]) == (100, 75)
        assert told["now"]["from_ms"] == NOW_MS - 30_000 - 16 * MINUTE_MS
        assert told["now"]["series"]["attempts"] == [20] * 60
        assert told["now"]["usual"]["attempts"] == pytest.approx(100, abs=0.1)

    def test_silence(self) -> None:
        """Since when, and what to tell users."""
        model = Model()
        for minute in range(7, 60):
            model.take_count(count(at_ms=NOW_MS - minute * MINUTE_MS, attempts=20, completions=15))
        (row,) = rows(model)
        assert row["since_ms"] == NOW_MS - 30_000 - 6 * MINUTE_MS
        assert row["tell"].startswith("Connecting a bank may not work")

    def test_an_incident_spoils_no_usual(self) -> None:
        """Its minutes are left out of what is usual."""
        model = Model()
        for minute in range(60):
            at_ms = NOW_MS - minute * MINUTE_MS
            model.take_count(count(at_ms=at_ms, attempts=20, completions=3 if minute < 40 else 15))
        model.take_alert(alert(started_ms=NOW_MS - 40 * MINUTE_MS))
        (row,) = rows(model)
        assert row["usual_success"] == 0.75
        assert (row["state"], row["incident"]) == ("far_below", True)
