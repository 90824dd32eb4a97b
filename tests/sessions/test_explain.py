"""What is told of a session: its timeline, and the rule that decided."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from pipeline.sessions.explain import Explanation, Moment, Replay, explain
from pipeline.sessions.explain.replay import Fate
from pipeline.sessions.explain.words import told_ms
from pipeline.sessions.offline import NO_APPEND_MS, offline
from tests.metrics.events import NOON_MS, event

SECOND_MS = 1_000
MINUTE_MS = 60_000
VISIT = "visit-1"


def at(seconds: float, name: str, **fields: Any) -> bytes:
    """An event so long after noon."""
    return event(at_ms=NOON_MS + int(seconds * SECOND_MS), name=name, **fields)


def code(seconds: float, name: str, **fields: Any) -> bytes:
    return at(seconds, name, kind="code", **{"request_id": "r1"} | fields)


def answer(seconds: float, name: str, status: int) -> bytes:
    return at(seconds, name, source="server", kind="api", visit=None, request_id="r1", http_status=status)


def replayed(values: Iterable[bytes], key: str = VISIT, *, end: bool = True) -> Replay:
    replay = Replay(key)
    replay.take([(offset, NO_APPEND_MS, None, value) for offset, value in enumerate(values)])
    if end:
        replay.end()
    return replay


def only(values: Iterable[bytes], wanted: str = VISIT, key: str = VISIT) -> Explanation:
    (explanation,) = explain(replayed(values, key), wanted)
    return explanation


def names(moments: Iterable[Moment]) -> list[str]:
    return [moment.name for moment in moments]


class TestWhy:
    def test_completed(self) -> None:
        """By the REDIRECT, and what went wrong before it is told."""
        told = only([at(0, "SUBMIT_CREDENTIAL"), code(5, "INVALID_PASSWORD"), at(72, "REDIRECT"), at(75, "FEEDBACK")])
        assert told.outcome == "completed"
        assert told.why[0].startswith(
            "Completed, for there was a REDIRECT at 20:27:52.000Z, 1 min 12 s after the start"
        )
        assert told.why[1] == "The user got over INVALID_PASSWORD before it."
        assert told.why[2] == "That ends a journey, so it was closed 30 s after its last event."

    def test_denied(self) -> None:
        """By the last decision, though there was a failure too."""
        values = [
            at(0, "COMPONENT_ACCEPT_TERMS"),
            at(2, "COMPONENT_DENY_CONSENT"),
            at(3, "COMPONENT_DENY_TERMS"),
            code(4, "RETRY_LATER"),
        ]
        told = only(values)
        assert told.outcome == "denied"
        assert "the last decision on consent or terms was COMPONENT_DENY_TERMS at 20:26:43.000Z" in told.why[0]

    def test_expired(self) -> None:
        """By the last failure, which came after a silence, and after the result."""
        values = [
            at(0, "SUBMIT_CREDENTIAL"),
            at(600, "APP_MOUNTED", visit="another"),
            code(570, "SESSION_EXPIRED"),
        ]
        told = only(values)
        assert told.outcome == "expired"
        assert "SESSION_EXPIRED at 20:36:10.000Z, 9 min 30 s after what came before it, and no REDIRECT" in told.why[0]
        assert told.why[-1] == "Revision 2 turned abandoned into expired: something came after the result."
        assert [result["outcome"] for result in told.results] == ["abandoned", "expired"]
        assert [moment.after_result for moment in told.timeline] == [False, True]

    def test_failed(self) -> None:
        """By the last of the failures; steps after it do not help."""
        values = [
            code(1, "INVALID_PASSWORD"),
            code(9, "RETRY_LATER"),
            at(12, "COMPONENT_LOAD_CREDENTIAL", request_id="r1"),
        ]
        told = only(values)
        assert told.outcome == "failed"
        assert "the last failure was RETRY_LATER at 20:26:49.000Z" in told.why[0]
        assert told.why[1].startswith("What came after it, up to COMPONENT_LOAD_CREDENTIAL at 20:26:52.000Z")
        assert told.why[2] == "Nothing more came for 8 min, so it was closed."

    def test_abandoned(self) -> None:
        """With the furthest stage, and what came last."""
        told = only([at(0, "APP_MOUNTED"), at(2, "COMPONENT_LOAD_CREDENTIAL"), at(9, "COMPONENT_LOAD_CONSENT")])
        assert told.outcome == "abandoned"
        assert told.why[1] == "The furthest stage was credentials, by COMPONENT_LOAD_CREDENTIAL at 20:26:42.000Z."
        assert told.why[2] == "The last that came was COMPONENT_LOAD_CONSENT at 20:26:49.000Z."

    def test_closed_by_the_user(self) -> None:
        """An abandoned session that ends with the button closes soon."""
        told = only([at(0, "APP_MOUNTED"), at(2, "COMPONENT_CLOSE_SESSION")])
        assert told.why[2:] == (
            "The user closed Flinks Connect: COMPONENT_CLOSE_SESSION at 20:26:42.000Z.",
            "That ends a journey, so it was closed 30 s after its last event.",
        )

    @pytest.mark.parametrize(
        ("name", "status", "outcome", "words"),
        [
            ("OK", 200, "completed", "the last answer was final and no failure: OK at 20:26:45.000Z with HTTP 200."),
            ("OPERATION_PENDING", 202, "timed_out", "OPERATION_PENDING at 20:26:45.000Z with HTTP 202: Flinks was not"),
            ("INVALID_LOGIN", 401, "failed", "the last answer was a failure: INVALID_LOGIN at 20:26:45.000Z with HTTP"),
            ("NEVER_HEARD_OF", 500, "failed", "the last answer was a failure: NEVER_HEARD_OF"),
        ],
    )
    def test_data_sessions(self, name: str, status: int, outcome: str, words: str) -> None:
        """By the last answer of the backend."""
        told = only([answer(0, "OK", 200), answer(5, name, status)], "r1", key="r1")
        assert (told.kind, told.outcome) == ("data", outcome)
        assert words in told.why[0]

    def test_patience_is_explained(self) -> None:
        """Half an hour, because Flinks said that it works in the background."""
        told = only([at(0, "SUBMIT_CREDENTIAL"), code(3, "OPERATION_DISPATCHED")])
        assert told.why[-1] == (
            "Nothing more came for 30 min, so it was closed; not after 8 min, because Flinks was working in the "
            "background (OPERATION_DISPATCHED at 20:26:43.000Z)."
        )

    def test_limit(self) -> None:
        """Two hours, however busy the user is."""
        told = only([at(minute * 60, "FEEDBACK") for minute in range(0, 120, 7)])
        assert told.why[-1] == "It was closed because its visit had lasted 2 h, the longest that one may."

    def test_agrees_with_the_result(self) -> None:
        """The same outcome stands in the explanation, the first sentence and the result."""
        told = only([code(1, "RETRY_LATER")])
        (result,) = offline([code(1, "RETRY_LATER")]).sessions.values()
        assert told.outcome == told.results[-1]["outcome"] == result["outcome"] == "failed"
        assert told.why[0].startswith("Failed,")


class TestTimeline:
    def test_is_in_order_of_the_events_own_times(self) -> None:
        """Not of arrival; elapsed is from the first."""
        told = only([at(5, "REDIRECT"), at(0, "APP_MOUNTED"), at(2, "INSTITUTION_SELECTED")])
        assert [(moment.name, moment.elapsed_ms) for moment in told.timeline] == [
            ("APP_MOUNTED", 0),
            ("INSTITUTION_SELECTED", 2_000),
            ("REDIRECT", 5_000),
        ]
        assert told.timeline[0].about == "The page has its configuration and shows Flinks Connect."
        assert told.timeline[0].at == "2026-05-28T20:26:40.000Z"

    def test_stage_is_told_where_it_was_reached_first(self) -> None:
        """And a second time it is not."""
        told = only([at(0, "SUBMIT_CREDENTIAL"), at(9, "SUBMIT_CREDENTIAL"), at(12, "SUBMIT_MFA")])
        assert [moment.stage for moment in told.timeline] == ["submitted", None, "mfa_submitted"]

    def test_tells_how_a_step_came_to_its_session(self) -> None:
        """By its id, or by its place: here two requests in one visit."""
        values = [
            at(0, "APP_MOUNTED"),
            code(5, "INVALID_PASSWORD"),
            at(9, "COMPONENT_LOAD_CREDENTIAL_RETRY"),
            code(15, "RETRY_LATER", request_id="r2"),
        ]
        first, second = explain(replayed(values), VISIT)
        assert [(moment.name, moment.given) for moment in first.timeline] == [
            ("APP_MOUNTED", "position"),
            ("INVALID_PASSWORD", "id"),
        ]
        assert [(moment.name, moment.given) for moment in second.timeline] == [
            ("COMPONENT_LOAD_CREDENTIAL_RETRY", "position"),
            ("RETRY_LATER", "id"),
        ]
        assert [other.request_id for other in second.others] == ["r1"]

    def test_steps_without_any_request_are_given_by_nothing(self) -> None:
        """No id was there to claim them."""
        told = only([at(0, "APP_MOUNTED")])
        assert (told.request_id, told.timeline[0].given) == (None, "none")

    def test_a_pair_is_one_moment(self) -> None:
        """A step and a code of one name within five seconds; a third is another."""
        values = [
            at(0, "DISABLED_INSTITUTION"),
            code(2, "DISABLED_INSTITUTION"),
            code(60, "DISABLED_INSTITUTION"),
        ]
        told = only(values)
        assert [
            (moment.kind, moment.again and (moment.again.kind, moment.again.after_ms)) for moment in told.timeline
        ] == [
            ("step", ("code", 2_000)),
            ("code", None),
        ]
        assert told.results[-1]["codes"] == {"DISABLED_INSTITUTION": 2}

    def test_copies_are_counted_at_the_one_that_counts(self) -> None:
        """The earlier of two, whichever came first."""
        late, early = (at(after, "APP_MOUNTED", id="same", institution=bank) for after, bank in ((3, "TD"), (1, "RBC")))
        told = only([late, early, late])
        assert [(moment.elapsed_ms, moment.copies, moment.at) for moment in told.timeline] == [
            (0, 2, "2026-05-28T20:26:41.000Z")
        ]
        assert told.timeline[0].attributes == {"institution": "RBC"}

    def test_late_ones_are_marked(self) -> None:
        """What event time had passed by when it came."""
        told = only([at(0, "APP_MOUNTED"), at(300, "APP_MOUNTED", visit="another"), at(200, "INSTITUTION_SELECTED")])
        assert [moment.behind_ms for moment in told.timeline] == [0, 40_000]

    def test_what_came_too_late_is_shown_as_unused(self) -> None:
        """At its time; it changed nothing."""
        values = [
            at(0, "APP_MOUNTED", request_id="r1"),
            at(3_600, "APP_MOUNTED", visit="another"),
            at(30, "REDIRECT", request_id="r1"),
        ]
        told = only(values)
        assert [(moment.name, moment.fate) for moment in told.timeline] == [
            ("APP_MOUNTED", Fate.KEPT),
            ("REDIRECT", Fate.TOO_LATE),
        ]
        assert told.outcome == "abandoned"

    def test_what_came_too_late_without_an_id_is_shown_where_it_was_near(self) -> None:
        """At one session, though it might have been another's."""
        values = [code(0, "RETRY_LATER"), code(7_200, "RETRY_LATER", request_id="r2"), at(30, "FEEDBACK")]
        first, second = explain(replayed(values), VISIT)
        assert names(first.timeline) == ["RETRY_LATER", "FEEDBACK"]
        assert names(second.timeline) == ["RETRY_LATER"]

    def test_what_a_full_visit_did_not_keep_is_shown_as_unused(self) -> None:
        """The 501st event."""
        told = only([at(number / 100, "FEEDBACK") for number in range(501)])
        assert [moment.fate for moment in told.timeline].count(Fate.OVER_CAP) == 1
        assert told.timeline[-1].fate is Fate.OVER_CAP

    def test_says_no_more_than_the_contract(self) -> None:
        """A field that is not the contract's is nowhere."""
        told = only([at(0, "APP_MOUNTED", username="marie.curie", attributes={"answer": "radium", "cached": True})])
        assert "marie" not in repr(told)
        assert "radium" not in repr(told)
        assert told.timeline[0].attributes == {"cached": True}

    def test_unknown_names_are_shown(self) -> None:
        """As not in the catalogue, and a code as a failure of class unknown."""
        told = only([code(0, "BRAND_NEW")])
        assert (told.timeline[0].about, told.timeline[0].failure_class) == ("Not in the catalogue.", "unknown")

    def test_failures_have_the_class_of_their_side(self) -> None:
        """INVALID_LOGIN is the user's in the browser and ours at the backend."""
        values = [code(0, "INVALID_LOGIN"), at(3, "INVALID_LOGIN", source="server", kind="api", request_id="r1")]
        told = only(values)
        assert [moment.failure_class for moment in told.timeline] == ["user", "integration"]


class TestExplain:
    def test_an_id_means_its_sessions(self) -> None:
        """A request one, a visit all, a session_id its own."""
        replay = replayed([code(0, "RETRY_LATER"), code(60, "INVALID_PASSWORD", request_id="r2")])
        assert [told.request_id for told in explain(replay, VISIT)] == ["r1", "r2"]
        assert [told.request_id for told in explain(replay, "r2")] == ["r2"]
        session_id = replay.results[0]["session_id"]
        assert [told.results[0]["session_id"] for told in explain(replay, session_id)] == [session_id]
        assert explain(replay, "r3") == []

    def test_a_request_in_several_windows_is_several_sessions(self) -> None:
        """A user who came back on the next days."""
        failures = ["RETRY_LATER", "INVALID_PASSWORD", "INVALID_USERNAME"]
        replay = replayed([code(86_400 * day, name) for day, name in enumerate(failures)])
        assert [told.results[-1]["failure_code"] for told in explain(replay, "r1")] == failures

    def test_an_open_session_tells_what_it_waits_for(self) -> None:
        """And what its outcome would be."""
        replay = replayed([at(0, "APP_MOUNTED"), at(90, "APP_MOUNTED", visit="another")], end=False)
        (told,) = explain(replay, VISIT)
        assert (told.open, told.outcome, told.results) == (True, "abandoned", ())
        assert told.why[-1] == (
            "If nothing more comes, it will be closed at 2026-05-28T20:34:40.000Z (event time in its partition is "
            "2026-05-28T20:27:10.000Z now)."
        )

    def test_an_open_session_waits_for_the_limit_at_most(self) -> None:
        """The two hours of its visit, if they end before the eight minutes."""
        replay = replayed([at(minute * 60, "FEEDBACK") for minute in range(0, 120, 7)], end=False)
        (told,) = explain(replay, VISIT)
        assert told.why[-1].startswith("If nothing more comes, it will be closed at 2026-05-28T22:26:40.000Z (")

    def test_a_clock_in_the_future_moves_nothing(self) -> None:
        """The broker's time is the latest that an event can have."""
        replay = Replay(VISIT)
        tomorrow = at(86_400, "APP_MOUNTED", visit="another")
        replay.take([(0, NOON_MS, None, tomorrow), (1, NOON_MS, None, at(0, "APP_MOUNTED"))])
        assert replay.watermark_ms == NOON_MS - MINUTE_MS

    def test_the_clock_closes_a_quiet_partition(self) -> None:
        """As it does for the worker; without a result then, somebody should look at that."""
        replay = Replay(VISIT)
        replay.take([(0, NOON_MS, None, at(0, "APP_MOUNTED"))])
        replay.idle(NOON_MS + 20 * MINUTE_MS)
        (told,) = explain(replay, VISIT, results=[])
        assert told.open
        assert told.why[-1].startswith("It is due since 2026-05-28T20:34:40.000Z")
        assert told.why[-1].endswith("no result is there: a worker is behind, or none runs.")

    def test_a_pause_before_the_next_event_closes_too(self) -> None:
        """Times of the broker tell that the partition was idle, so that what comes then is after the result."""
        replay = Replay(VISIT)
        first, second = at(0, "APP_MOUNTED"), at(10 * 60, "SUBMIT_CREDENTIAL")
        replay.take([(0, NOON_MS, None, first), (1, NOON_MS + 10 * MINUTE_MS, None, second)])
        assert [(each.behind_ms, each.told) for each in replay.arrived] == [
            (0, frozenset()),
            (0, frozenset({None})),
        ]

    def test_revisions_from_before_a_request_claimed_the_steps(self) -> None:
        """They are the same session, under the same id."""
        values = [
            at(0, "APP_MOUNTED"),
            at(600, "APP_MOUNTED", visit="another"),
            code(620, "RETRY_LATER"),
        ]
        told = only(values, "r1")
        assert [(result["revision"], result["request_id"]) for result in told.results] == [(1, None), (2, "r1")]
        assert [moment.after_result for moment in told.timeline] == [False, True]

    def test_requests_that_began_with_the_same_event_keep_their_own_results(self) -> None:
        """A late event of an earlier request takes over the steps that another had told of, but not its id."""
        values = [
            at(0, "APP_MOUNTED"),
            code(60, "RETRY_LATER", request_id="r2"),
            at(700, "APP_MOUNTED", visit="another"),
            code(30, "INVALID_PASSWORD"),
        ]
        first, second = explain(replayed(values), VISIT)
        assert [(first.request_id, first.outcome, len(first.results)), (second.request_id, len(second.results))] == [
            ("r1", "failed", 1),
            ("r2", 2),
        ]
        assert first.results[0]["session_id"] != second.results[0]["session_id"]
        assert (first.notes, second.notes) == ((), ())

    def test_results_of_which_the_events_are_gone(self) -> None:
        """The result and its reason are told all the same."""
        results = replayed([code(0, "RETRY_LATER")]).results
        (told,) = explain(replayed([]), "r1", results)
        assert (told.outcome, told.timeline, told.results) == ("failed", (), tuple(results))
        assert told.why == ("Failed, closed by inactivity; the last failure was RETRY_LATER (institution).",)
        assert told.notes == (
            "Its events are no longer kept, so there is no timeline and only the result can be told.",
        )

    def test_results_that_the_events_do_not_bear_out(self) -> None:
        """Some of the events are gone: it is said, and what was told stands."""
        results = replayed([code(0, "RETRY_LATER"), at(9, "REDIRECT")]).results
        (told,) = explain(replayed([at(9, "REDIRECT", request_id="r1")]), "r1", results)
        assert told.outcome == "completed"
        assert told.notes == ("The result counted 2 events, and 1 were found.",)

    def test_is_plain_data(self) -> None:
        """So that --json can give it."""
        from dataclasses import asdict

        told = only([code(0, "RETRY_LATER", attributes={"mfa_types": ["SMS"]})])
        assert orjson.loads(orjson.dumps(asdict(told)))["timeline"][0]["attributes"] == {"mfa_types": ["SMS"]}


class TestToldMs:
    @pytest.mark.parametrize(
        ("ms", "told"),
        [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (12_449, "12.4 s"),
            (60_000, "1 min"),
            (72_900, "1 min 12 s"),
            (7_200_000, "2 h"),
            (7_384_000, "2 h 3 min"),
        ],
    )
    def test_has_two_units_at_most(self, ms: int, told: str) -> None:
        """The largest."""
        assert told_ms(ms) == told
