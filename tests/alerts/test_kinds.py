"""An example of each kind of incident."""

import pytest

from pipeline.alerts import (
    BACKLOG,
    NO_COMPLETION,
    NO_REQUEST_ID,
    AlertSettings,
    Row,
)
from tests.alerts.running import (
    OF_5_MIN,
    QUIET,
    START,
    after,
    bank,
    first,
    fleet,
    steady,
    tell,
    then,
    uncounted,
)


class TestKinds:
    def test_quiet(self) -> None:
        assert tell(then(fleet("AB"), (200, fleet("AB")))) == []

    def test_outage_by_one_code(self) -> None:
        """Nearly all attempts at a bank fail: a page at the first minute's end, under its code."""
        told = tell(then(fleet("AB"), (10, [*bank("A", RETRY_LATER=95), *bank("B")])))
        fired = first(told)
        assert (fired.kind, fired.state, fired.severity) == ("outage", "firing", "page")
        assert (fired.institution, fired.code, fired.visits) == ("A", "RETRY_LATER", 95)
        assert fired.updated_at == "2026-03-02T01:31:00Z"
        assert len([one for one in told if one.state == "firing"]) == 1

    def test_outage_by_many_codes_is_one(self) -> None:
        told = tell(then(fleet("AB"), (10, [*bank("A", RETRY_LATER=30, AGGREGATION_ERROR=40), *bank("B")])))
        assert (first(told).kind, first(told).institution, first(told).code) == ("outage", "A", "*")
        assert len({one.id for one in told}) == 1

    def test_spike(self) -> None:
        told = tell(then(fleet("AB"), (10, [*bank("A", AGGREGATION_ERROR=12), *bank("B")])))
        assert (first(told).kind, first(told).code, first(told).severity) == ("code_spike", "AGGREGATION_ERROR", "page")

    def test_users_own_errors_at_one_bank(self) -> None:
        """A changed login page."""
        told = tell(then(fleet("AB"), (10, [*bank("A", INVALID_LOGIN=60), *bank("B")])))
        assert (first(told).kind, first(told).code) == ("user_error_surge", "INVALID_LOGIN")

    def test_many_banks_are_one_incident(self) -> None:
        """One Flinks-wide alert at the first minute's end, and none of the banks'."""
        told = tell(then(fleet("ABCDE"), (30, fleet("ABCDE", AGGREGATION_ERROR=30)), (60, fleet("ABCDE"))))
        assert [(one.institution, one.state) for one in told] == [("*", "firing"), ("*", "resolved")]
        assert told[0].institutions == list("ABCDE")
        assert told[0].updated_at == "2026-03-02T01:31:00Z"

    def test_many_banks_are_those_that_it_meets(self) -> None:
        """Not all that ever had the code; more of them are told when there are twice as many, and at the end all."""
        some, more, most = (
            [*fleet("ABCDEFGH"[:met], AGGREGATION_ERROR=30), *fleet("ABCDEFGH"[met:])] for met in (3, 4, 7)
        )
        told = tell(then(fleet("ABCDEFGH"), (5, some), (5, more), (5, most), (60, fleet("ABCDEFGH"))))
        assert [(one.state, "".join(one.institutions)) for one in told] == [
            ("firing", "ABC"),
            ("updated", "ABCDEFG"),
            ("resolved", "ABCDEFG"),
        ]
        assert told[0].summary.startswith("3 banks: ")

    def test_one_that_goes_on_as_a_wide_one_is_not_over(self) -> None:
        """It is resolved, and its words say what became of it."""
        begun = [*bank("A", AGGREGATION_ERROR=30), *fleet("BCDE")]
        told = tell(then(fleet("ABCDE"), (1, begun), (5, fleet("ABCDE", AGGREGATION_ERROR=30))))
        assert [(one.institution, one.state) for one in told] == [("A", "firing"), ("A", "resolved"), ("*", "firing")]
        assert told[1].summary.endswith("usually 1.0%. It goes on as part of a Flinks-wide incident.")

    def test_two_banks_are_not_everywhere(self) -> None:
        told = tell(then(fleet("ABCDE"), (10, [*fleet("AB", AGGREGATION_ERROR=30), *fleet("CDE")])))
        assert {one.institution for one in told if one.state == "firing"} == {"A", "B"}

    def test_two_banks_and_chance_at_a_third_are_not_everywhere(self) -> None:
        """Of many banks there is always one that has twice its usual failures."""
        two, third = fleet("AB", AGGREGATION_ERROR=30), bank("C", AGGREGATION_ERROR=4)
        told = tell(then(fleet("ABCDE"), (1, [*two, *third, *fleet("DE")])))
        assert {one.institution for one in told if one.state == "firing"} == {"A", "B"}

    @pytest.mark.parametrize(
        ("code", "kind", "unit"),
        [
            (NO_COMPLETION, "no_completion", "share of attempts"),
            (BACKLOG, "backlog", "share of data requests"),
            (NO_REQUEST_ID, "identity_loss", "share of events"),
        ],
    )
    def test_other_signals(self, code: str, kind: str, unit: str) -> None:
        told = tell(then([Row("*", code, 2, 100)], (10, [Row("*", code, 60, 100)])))
        assert (first(told).kind, first(told).institution, first(told).unit) == (kind, "*", unit)

    def test_without_attempts(self) -> None:
        """Bare counts: a jump from 20 to 400 in five minutes, found at their end by a window that expects enough."""
        usual, jump = [Row("A", "RETRY_LATER", 20, None)], [Row("A", "RETRY_LATER", 400, None)]
        buckets = steady(300, *usual, width=5)
        told = tell([*buckets, *steady(6, *jump, start=after(buckets, 5), width=5)], AlertSettings(width_min=5))
        assert (first(told).code, first(told).unit) == ("RETRY_LATER", "errors in 20 min")
        assert first(told).updated_at == "2026-03-03T01:05:00Z"

    @pytest.mark.parametrize(("times", "found"), [(1.8, False), (4.0, True)])
    def test_without_attempts_less_than_a_doubling_may_be_traffic(self, times: float, found: bool) -> None:
        buckets = uncounted(300, 600)
        assert bool(tell([*buckets, *uncounted(24, round(600 * times), start=after(buckets, 5))], OF_5_MIN)) == found

    def test_without_attempts_a_clump_is_no_incident(self) -> None:
        """Eight times as many in five minutes, where five are usual; of the hour they are not a doubling."""
        buckets = uncounted(300, 5)
        buckets += uncounted(1, 40, start=after(buckets, 5))
        assert tell([*buckets, *uncounted(36, 5, start=after(buckets, 5))], OF_5_MIN) == []

    def test_fewer_attempts_than_errors(self) -> None:
        """People who tried a minute before meet the code now: they count, though nobody tries any more."""
        usual, trouble = Row("A", "RETRY_LATER", 1, 100), Row("A", "RETRY_LATER", 30, 0)
        assert first(tell(then([usual], (2, [trouble])))).kind == "outage"

    def test_one_user_is_no_incident(self) -> None:
        """Two visits in a night at a bank where nothing ever fails."""
        quiet = [Row("A", "RETRY_LATER", 0, 1)]
        assert tell(then(quiet, (2, [Row("A", "RETRY_LATER", 1, 1)]), (60, quiet))) == []

    def test_little_traffic(self) -> None:
        """A visit each five minutes, and all fail: found at the sixth at the latest."""
        quiet = [Row("A", "RETRY_LATER", 0, 1), *fleet("BCD")]
        buckets = steady(2 * QUIET, *quiet)
        for number in range(6):
            buckets += steady(4, *fleet("BCD"), start=after(buckets))
            buckets += steady(1, Row("A", "RETRY_LATER", 1, 1), *fleet("BCD"), start=START + 2 * QUIET + 5 * number + 4)
        assert (first(tell(buckets)).institution, first(tell(buckets)).severity) == ("A", "page")
