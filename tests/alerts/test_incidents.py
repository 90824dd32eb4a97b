"""The life of an incident, and what is told of it."""

import pytest

from pipeline.alerts import (
    BACKLOG,
    NO_COMPLETION,
    Alerts,
    AlertSettings,
    Bucket,
    Maintenance,
    Row,
)
from pipeline.alerts.alert import write
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


class TestLife:
    def test_without_attempts_the_next_is_not_hidden(self) -> None:
        """Counts that go up and down, and two jumps: each is told, and over after three quiet hours."""
        buckets = uncounted(300, 200, 300, 450)
        for _ in range(2):
            buckets += uncounted(1, 3000, start=after(buckets, 5))
            buckets += uncounted(60, 200, 300, 450, start=after(buckets, 5))
        told = tell(buckets, OF_5_MIN)
        assert [one.state for one in told] == ["firing", "resolved"] * 2
        assert told[1].updated_at == "2026-03-03T04:05:00Z"

    def test_fires_once_and_ends_once(self) -> None:
        """An hour of trouble, then three in which a window of three hours still holds it."""
        rows = [*bank("A", RETRY_LATER=90), *bank("B")]
        told = tell(then(fleet("AB"), (70, rows), (200, fleet("AB"))))
        assert [one.state for one in told] == ["firing", "resolved"]
        assert told[0].id == told[1].id
        assert told[1].ended_at == told[1].updated_at
        assert told[1].revision > told[0].revision

    def test_a_ticket_becomes_a_page(self) -> None:
        """The same id, one revision more."""
        doubled, worse = [*bank("A", INVALID_LOGIN=23), *bank("B")], [*bank("A", INVALID_LOGIN=70), *bank("B")]
        told = tell(then(fleet("AB"), (60, doubled), (5, worse)))
        assert [(one.severity, one.state) for one in told] == [("ticket", "firing"), ("page", "firing")]
        assert told[0].id == told[1].id
        assert told[1].revision == told[0].revision + 1

    def test_what_lasts_a_day_is_the_new_normal(self) -> None:
        """A baseline that is wrong frees itself, and does not fire again."""
        higher = [*bank("A", AGGREGATION_ERROR=20), *bank("B")]
        buckets = steady(60, *fleet("AB"), width=5)
        told = tell([*buckets, *steady(320, *higher, start=after(buckets, 5), width=5)], AlertSettings(width_min=5))
        assert [one.state for one in told] == ["firing", "resolved"]
        assert "new normal" in told[1].summary

    def test_what_comes_and_goes_is_told_three_times(self) -> None:
        """Three minutes of trouble, three without it, for an hour; also if it is put down and taken up each minute."""
        trouble = [*bank("A", RETRY_LATER=60), *bank("B")]
        hour = [(3, rows) for _ in range(10) for rows in (trouble, fleet("AB"))]
        told, state = [], Alerts().dump()
        for bucket in then(fleet("AB"), *hour, (60, fleet("AB"))):
            alerts = Alerts()
            alerts.load(state)
            told += [one.alert.state for one in alerts.take(bucket)]
            state = alerts.dump()
        assert told == ["firing", "resolved"] * 3

    def test_what_lasts_a_day_everywhere_is_the_new_normal_of_each_bank(self) -> None:
        """Their sums are no part of the incident, and do not fire when it is over."""
        higher = steady(320, *fleet("ABCDE", AGGREGATION_ERROR=40), start=after(steady(60, width=5), 5), width=5)
        told = tell([*steady(60, *fleet("ABCDE"), width=5), *higher], OF_5_MIN)
        assert [(one.institution, one.state) for one in told] == [("*", "firing"), ("*", "resolved")]

    def test_a_day_without_anybody_is_no_new_normal(self) -> None:
        """A bank that closes in the middle of an incident comes back with the rate that it had before."""
        usual = bank("A", RETRY_LATER=20)
        buckets = steady(300, *usual, *bank("B"), width=5)
        buckets += steady(3, *bank("A", RETRY_LATER=95), *bank("B"), start=after(buckets, 5), width=5)
        buckets += steady(400, *bank("B"), start=after(buckets, 5), width=5)
        told = tell([*buckets, *steady(30, *usual, *bank("B"), start=after(buckets, 5), width=5)], OF_5_MIN)
        learned = [one for one in told if one.updated_at > "2026-03-03T01:00:00Z"]
        assert [one.state for one in learned] == ["firing", "resolved"]

    def test_maintenance(self) -> None:
        """Nothing is told of the bank, and nothing learned; of others it is."""
        planned = AlertSettings(maintenance=(Maintenance(START + QUIET - 5, START + QUIET + 40, institution="A"),))
        trouble = fleet("AB", RETRY_LATER=90)
        told = tell(then(fleet("AB"), (30, trouble), (60, fleet("AB"))), planned)
        assert {one.institution for one in told} == {"B"}

    def test_maintenance_ends_what_is_open(self) -> None:
        """It says so, and what is still wrong afterwards fires anew, under another id."""
        begun = START + QUIET + 10
        planned = AlertSettings(maintenance=(Maintenance(begun, begun + 30, institution="A"),))
        trouble = [*bank("A", RETRY_LATER=90), *bank("B")]
        told = tell(then(fleet("AB"), (60, trouble), (60, fleet("AB"))), planned)
        assert [(one.state, one.updated_at[11:16]) for one in told] == [
            ("firing", "01:31"),
            ("resolved", "01:41"),
            ("firing", "02:11"),
            ("resolved", "02:31"),
        ]
        assert told[0].id == told[1].id != told[2].id == told[3].id
        assert told[1].summary.endswith("Maintenance has begun: until its end nothing more is told.")
        assert "recovered" in told[3].summary

    @pytest.mark.parametrize(
        ("institution", "states"), [("A", ["firing", "resolved"]), ("*", ["firing", "resolved"] * 2)]
    )
    def test_maintenance_in_a_flinks_wide_incident(self, institution: str, states: list[str]) -> None:
        """Of one bank it ends nothing; of all it does."""
        begun = START + QUIET + 10
        planned = AlertSettings(maintenance=(Maintenance(begun, begun + 15, institution),))
        trouble = fleet("ABCDE", AGGREGATION_ERROR=30)
        told = tell(then(fleet("ABCDE"), (40, trouble), (60, fleet("ABCDE"))), planned)
        assert [(one.institution, one.state) for one in told] == [("*", state) for state in states]

    def test_a_bank_under_maintenance_is_no_evidence_of_others(self) -> None:
        """One bank in trouble, chance at two, and one that fails under maintenance are not everywhere."""
        planned = AlertSettings(maintenance=(Maintenance(START + QUIET - 5, START + QUIET + 60, institution="A"),))
        chance = [*bank("C", AGGREGATION_ERROR=4), *bank("D", AGGREGATION_ERROR=4), *bank("E")]
        trouble = [*bank("A", AGGREGATION_ERROR=99), *bank("B", AGGREGATION_ERROR=30), *chance]
        assert {one.institution for one in tell(then(fleet("ABCDE"), (1, trouble)), planned)} == {"B"}

    def test_a_bank_under_maintenance_holds_up_no_end(self) -> None:
        """It fails on, and the Flinks-wide incident is over."""
        begun = START + QUIET + 10
        planned = AlertSettings(maintenance=(Maintenance(begun, begun + 60, institution="A"),))
        alone = [*bank("A", AGGREGATION_ERROR=99), *fleet("BCDE")]
        told = tell(then(fleet("ABCDE"), (10, fleet("ABCDE", AGGREGATION_ERROR=30)), (40, alone)), planned)
        assert [(one.institution, one.state) for one in told] == [("*", "firing"), ("*", "resolved")]
        assert told[1].updated_at < "2026-03-02T01:50"

    @pytest.mark.parametrize(("code", "behind", "usual"), [(NO_COMPLETION, 5, 30), (BACKLOG, 30, 1)])
    def test_maintenance_is_not_told_of_when_it_is_over(self, code: str, behind: int, usual: int) -> None:
        """Minutes after it these signals tell of those who tried in it; a minute later of what is wrong now."""
        begun = START + QUIET
        planned = AlertSettings(maintenance=(Maintenance(begun, begun + 30, institution="A"),))
        quiet, trouble = (
            [*fleet("AB"), Row("A", code, failed, 100), Row("B", code, usual, 100)] for failed in (usual, 100)
        )
        assert tell(then(quiet, (30 + behind, trouble), (20, quiet)), planned) == []
        assert first(tell(then(quiet, (30 + behind + 1, trouble)), planned)).code == code

    def test_samples(self) -> None:
        """At most five requestIds, of the series that are in it."""
        alerts = Alerts()
        for bucket in steady(QUIET, *fleet("AB")):
            alerts.take(bucket)
        ids = [f"id-{number}" for number in range(9)]
        samples = {("A", "RETRY_LATER"): ids, ("B", "RETRY_LATER"): ["other"]}
        trouble = Bucket(START + QUIET, [*bank("A", RETRY_LATER=90), *bank("B")], samples=samples)
        assert first([one.alert for one in alerts.take(trouble)]).sample_request_ids == ids[:5]
        assert [one.institution for one in alerts.ongoing] == ["A"]

    def test_words(self) -> None:
        told = first(tell(then(fleet("AB"), (3, [*bank("A", RETRY_LATER=95), *bank("B")]))))
        assert told.summary == "A: logins fail; 95 of 100 in 1 min (95%), usually 1.0%."
        assert told.action
        assert b'"v":1' in write(told)

    def test_numbers_are_of_the_code_it_is_called_by(self) -> None:
        """Also at the end, when the bank's sum has more evidence than the code."""
        told = tell(then(fleet("AB"), (40, [*bank("A", RETRY_LATER=90), *bank("B")]), (60, fleet("AB"))))
        assert [one.code for one in told] == ["RETRY_LATER"] * 2
        assert told[1].expected < 0.02

    @pytest.mark.parametrize(
        ("base", "url"),
        [
            ("https://run.book", "https://run.book/outage"),
            ("https://run.book/", "https://run.book/outage"),
            ("https://run.book/alerts.md#", "https://run.book/alerts.md#outage"),
        ],
    )
    def test_runbook(self, base: str, url: str) -> None:
        """A page for each kind, or a part of one."""
        outage = then(bank("A"), (1, bank("A", RETRY_LATER=90)))
        assert first(tell(outage, AlertSettings(runbook_url=base))).runbook_url == url
