"""An example of each kind of incident, and of its life."""

import pytest

from pipeline.alerts import (
    BACKLOG,
    NO_COMPLETION,
    NO_REQUEST_ID,
    Alert,
    Alerts,
    AlertSettings,
    Bucket,
    Maintenance,
    Row,
)
from pipeline.alerts.alert import write
from tests.alerts.running import START, after, steady, tell

CODES = {"INVALID_LOGIN": 12, "SESSION_EXPIRED": 4, "AGGREGATION_ERROR": 1, "RETRY_LATER": 1}


def bank(name: str, attempts: int = 100, **errors: int) -> list[Row]:
    """A bank's ordinary minute, but for what is said; in a hundred attempts so many meet each code."""
    return [Row(name, code, errors.get(code, usual * attempts // 100), attempts) for code, usual in CODES.items()]


def fleet(names: str, **errors: int) -> list[Row]:
    return [row for name in names for row in bank(name, **errors)]


def first(told: list[Alert]) -> Alert:
    assert told, "nothing was told"
    return told[0]


QUIET = 90
DAY_OF_5_MIN = 289


def then(rows: list[Row], *changed: tuple[int, list[Row]]) -> list[Bucket]:
    """An hour and a half of ordinary minutes, then other minutes."""
    buckets = steady(QUIET, *rows)
    for minutes, other in changed:
        buckets += steady(minutes, *other, start=after(buckets))
    return buckets


OF_5_MIN = AlertSettings(width_min=5)


def uncounted(buckets: int, *errors: int, start: int = START) -> list[Bucket]:
    """Bare counts, in turn."""
    return [
        Bucket(start + 5 * place, [Row("A", "RETRY_LATER", errors[place % len(errors)], None)])
        for place in range(buckets)
    ]


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


class TestSilence:
    WATCH = AlertSettings(width_min=5, watch_silence=True)

    def test_of_one_bank_is_a_ticket_and_of_all_a_page(self) -> None:
        """A day is needed to know what is usual; the page holds back what would be said of the banks."""
        day = steady(DAY_OF_5_MIN, *bank("A"), *bank("B"), width=5)
        alone = [*day, *steady(8, *bank("B"), start=after(day, 5), width=5)]
        nobody = [*day, *steady(8, start=after(day, 5), width=5)]
        one, every = tell(alone, self.WATCH), tell(nobody, self.WATCH)
        assert [(x.kind, x.institution, x.severity) for x in one] == [("silence", "A", "ticket")]
        assert (first(one).observed, first(one).unit) == (0, "attempts in 5 min")
        assert [(x.kind, x.institution, x.severity) for x in every if x.institution == "*"] == [
            ("silence", "*", "page")
        ]

    def test_stragglers_are_no_end(self) -> None:
        """One visit in ten minutes where 200 are usual; after a day of it that is how things are."""
        day = steady(DAY_OF_5_MIN, *bank("A"), width=5)
        straggler = Row("A", "RETRY_LATER", 0, 1)
        few = [Bucket(after(day, 5) + 5 * n, [straggler] if n % 2 else []) for n in range(1, 400)]
        told = tell([*day, *few], self.WATCH)
        assert [(one.institution, one.state) for one in told] == [("*", "firing"), ("*", "resolved")]
        assert "new normal" in told[1].summary

    def test_of_a_bank_that_is_gone_ends(self) -> None:
        """After a day it is how things are, and not told again; that nobody comes at all is told until some do."""
        day = steady(DAY_OF_5_MIN, *bank("A"), *bank("B"), width=5)
        told = tell([*day, *steady(2 * DAY_OF_5_MIN, *bank("B"), start=after(day, 5), width=5)], self.WATCH)
        assert [(one.institution, one.state) for one in told] == [("A", "firing"), ("A", "resolved")]
        assert "new normal" in told[1].summary
        told = tell([*day, *steady(2 * DAY_OF_5_MIN, start=after(day, 5), width=5)], self.WATCH)
        assert [one.state for one in told if one.institution == "*"] == ["firing"]

    @pytest.mark.parametrize(("banks", "institution"), [("", "*"), ("B", "A")])
    def test_maintenance(self, banks: str, institution: str) -> None:
        """Nothing is told of it, of a bank or of all, nor by windows that still hold it when it is over."""
        day = steady(DAY_OF_5_MIN, *bank("A", 10), *bank("B", 10), width=5)
        begun = after(day, 5)
        quiet = steady(24, *(row for name in banks for row in bank(name, 10)), start=begun, width=5)
        planned = Maintenance(begun, begun + 110, institution)
        settings = AlertSettings(width_min=5, watch_silence=True, maintenance=(planned,))
        assert {one.kind for one in tell([*day, *quiet], self.WATCH)} == {"silence"}
        told = tell([*day, *quiet], settings)
        assert all("nothing in 5 min" in one.summary or "nothing in 10 min" in one.summary for one in told)
        assert tell([*day, *quiet[:22]], settings) == []

    @pytest.mark.parametrize(("quiet", "institution"), [("A", "A"), ("AB", "*")])
    def test_maintenance_ends_what_is_open(self, quiet: str, institution: str) -> None:
        """And nobody comes afterwards either: then it is told anew."""
        day = steady(DAY_OF_5_MIN, *bank("A"), *bank("B"), width=5)
        nobody = [row for name in "AB" if name not in quiet for row in bank(name)]
        begun = after(day, 5) + 30
        settings = AlertSettings(
            width_min=5, watch_silence=True, maintenance=(Maintenance(begun, begun + 60, institution),)
        )
        told = tell([*day, *steady(30, *nobody, start=after(day, 5), width=5)], settings)
        told = [one for one in told if one.institution == institution]
        assert [one.state for one in told] == ["firing", "resolved", "firing"]
        assert told[1].ended_at == "2026-03-03T00:40:00Z"
        assert "Maintenance has begun" in told[1].summary

    def test_of_all_is_over_when_those_come_who_are_not_under_maintenance(self) -> None:
        """A tenth of the traffic is back, and of the rest none is expected."""
        day = steady(DAY_OF_5_MIN, *bank("A", 900), *bank("B", 100), width=5)
        nobody = steady(6, start=after(day, 5), width=5)
        begun = after(nobody, 5)
        settings = AlertSettings(width_min=5, watch_silence=True, maintenance=(Maintenance(begun, begun + 60, "A"),))
        told = tell([*day, *nobody, *steady(2, *bank("B", 100), start=begun, width=5)], settings)
        assert [one.state for one in told if one.institution == "*"] == ["firing", "resolved"]

    def test_maintenance_of_the_largest_bank(self) -> None:
        """The others alone do not come each five minutes, and that is not nobody where many should."""
        day = steady(DAY_OF_5_MIN, *bank("A", 100), Row("B", "RETRY_LATER", 0, 1), width=5)
        begun = after(day, 5)
        planned = Maintenance(begun, begun + 60, "A")
        settings = AlertSettings(width_min=5, watch_silence=True, maintenance=(planned,))
        assert tell([*day, *steady(2, start=begun, width=5)], settings) == []

    def test_ends_with_the_first_visits(self) -> None:
        day = steady(DAY_OF_5_MIN, *bank("A"), width=5)
        gap = steady(8, start=after(day, 5), width=5)
        told = tell([*day, *gap, *steady(2, *bank("A"), start=after(gap, 5), width=5)], self.WATCH)
        assert [one.state for one in told if one.institution == "*"] == ["firing", "resolved"]

    def test_is_not_looked_for_in_a_file(self) -> None:
        day = steady(DAY_OF_5_MIN, *bank("A"), width=5)
        assert tell([*day, *steady(8, start=after(day, 5), width=5)], AlertSettings(width_min=5)) == []


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
