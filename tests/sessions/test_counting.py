"""What is counted for the metrics, and under which labels."""

from collections import Counter

from pipeline.sessions import SessionFold, Settings, Tally
from tests.sessions.events import MINUTE_MS, START_MS, answer, event, records

PLACE = {"app": "web", "institution": "RBC"}


def tally_of(values: list[bytes], settings: Settings | None = None) -> Tally:
    fold = SessionFold(0, settings=settings)
    fold.process(records(values))
    fold.advance(2**62)
    tally = fold.take_changes().tally
    assert isinstance(tally, Tally)
    return tally


class TestTally:
    def test_a_journey(self) -> None:
        """Every event, the attempts, the codes, the session with its stages, and the visit."""
        tally = tally_of(
            [
                event(0, "APP_MOUNTED", **PLACE),
                event(1_000, "SUBMIT_CREDENTIAL", **PLACE),
                event(2_000, "QUESTION_NOT_FOUND", kind="code", request_id="x", **PLACE),
                event(9_000, "REDIRECT", request_id="x", **PLACE),
            ]
        )
        assert tally.events == {("browser", "step"): 3, ("browser", "code"): 1}
        assert tally.attempts == {("web", "RBC"): 1}
        assert tally.code_visits == {("web", "RBC", "QUESTION_NOT_FOUND"): 1}
        assert tally.sessions == {("web", "connect", "RBC", "completed", "none"): 1}
        assert tally.visits == {("web", "RBC", "true"): 1}
        reached = ["mounted", "submitted", "mfa", "connected"]
        assert tally.stage_sessions == Counter(("RBC", stage) for stage in reached)
        assert tally.stage_ms == {
            ("RBC", "mounted"): 0,
            ("RBC", "submitted"): 1_000,
            ("RBC", "mfa"): 2_000,
            ("RBC", "connected"): 9_000,
        }
        assert tally.time_to_connect_ms == [9_000]
        assert tally.retried_visits == {}

    def test_data_sessions_have_no_stages(self) -> None:
        """They count as what they are."""
        tally = tally_of([answer(0, "INVALID_LOGIN", **PLACE)])
        assert tally.sessions == {("web", "data", "RBC", "failed", "integration"): 1}
        assert (tally.stage_sessions, tally.visits, tally.attempts) == ({}, {}, {})

    def test_a_visit_counts_once_per_code_and_minute(self) -> None:
        """However often it meets it, in whatever order, and told in whatever way."""
        times = [0, 10_000, MINUTE_MS - 1 - START_MS % MINUTE_MS, 61_000, 62_000, 59_000]
        values = [event(time_ms, "INVALID_LOGIN", kind="code", **PLACE) for time_ms in times]
        minutes = {(START_MS + time_ms) // MINUTE_MS for time_ms in times}
        assert tally_of(values).code_visits == {("web", "RBC", "INVALID_LOGIN"): len(minutes)}

    def test_success_after_retry(self) -> None:
        """Visits with more than one attempt, converted or not; times to a stage are added up."""
        tries = [
            event(time_ms, name, key=key, **PLACE)
            for key in "ab"
            for time_ms, name in ((0, "SUBMIT_CREDENTIAL"), (20_000, "SUBMIT_CREDENTIAL"))
        ]
        tally = tally_of([*tries, event(40_000, "REDIRECT", key="a", **PLACE), event(0, "SUBMIT_CREDENTIAL", key="c")])
        assert tally.retried_visits == {("web", "RBC", "true"): 1, ("web", "RBC", "false"): 1}
        assert sum(tally.visits.values()) == 3
        assert tally.stage_ms["RBC", "connected"] == 40_000

    def test_copies_count_once(self) -> None:
        """And are counted as copies."""
        tally = tally_of([event(0, "SUBMIT_CREDENTIAL", **PLACE)] * 3)
        assert (tally.attempts, tally.duplicates) == ({("web", "RBC"): 1}, 2)
        assert tally.events == {("browser", "step"): 3}

    def test_revisions_are_changes(self) -> None:
        """A later revision is no further session, but a change of outcome."""
        fold = SessionFold(0)
        fold.process(records([event(0, **PLACE), event(10 * MINUTE_MS, key="other", **PLACE)]))
        assert sum(fold.take_changes().tally.sessions.values()) == 1
        fold.process(records([event(9 * MINUTE_MS, "SESSION_EXPIRED", **PLACE)]))
        fold.advance(START_MS + 17 * MINUTE_MS + 2_000)
        tally = fold.take_changes().tally
        assert tally.revisions == {("abandoned", "expired"): 1}
        assert tally.sessions == {}

    def test_revisions_without_a_change_of_outcome_are_none(self) -> None:
        """They are emitted, and not counted."""
        fold = SessionFold(0)
        fold.process(records([event(0, **PLACE), event(10 * MINUTE_MS, key="other", **PLACE)]))
        fold.process(records([event(9 * MINUTE_MS, "APP_ONLINE", **PLACE)]))
        fold.advance(START_MS + 17 * MINUTE_MS + 2_000)
        changes = fold.take_changes()
        assert len(changes.results["flinks.sessions"]) == 2
        assert changes.tally.revisions == {}

    def test_unknown_names_are_one_label(self) -> None:
        """A code that the catalogue does not have is `unknown`; a step is no code, nor is a good answer."""
        tally = tally_of(
            [
                event(0, "NEW_CODE", kind="code", **PLACE),
                event(1, "NEW_STEP", **PLACE),
                event(2, "NEW_ANSWER", source="server", kind="api", http_status=200, request_id="x", **PLACE),
            ]
        )
        assert tally.code_visits == {("web", "RBC", "unknown"): 1}

    def test_institutions_are_a_list(self) -> None:
        """Others are `other`, and none is `unknown`."""
        values = [event(0, key=str(place), institution=name) for place, name in enumerate(["RBC", "My Bank", None])]
        tally = tally_of(values, Settings(institutions=("My Bank",)))
        assert {labels[1] for labels in tally.visits} == {"other", "My Bank", "unknown"}

    def test_apps_are_few(self) -> None:
        """After fifty they are `other`."""
        tally = tally_of([event(place, key=str(place), app=f"app-{place}") for place in range(60)])
        assert len(tally.visits) == 51
        assert tally.visits["other", "unknown", "false"] == 10

    def test_the_sandbox_is_left_out(self) -> None:
        """Unless it is asked for; its events have arrived all the same."""
        values = [
            event(0, "SUBMIT_CREDENTIAL", institution="FlinksCapital"),
            event(1, "INVALID_LOGIN", kind="code"),
            event(2, "REDIRECT", request_id="x"),
        ]
        tally = tally_of(values)
        assert (tally.sessions, tally.visits, tally.attempts, tally.code_visits) == ({}, {}, {}, {})
        assert (tally.stage_sessions, tally.time_to_connect_ms) == ({}, [])
        assert sum(tally.events.values()) == 3
        tally = tally_of(values, Settings(institutions=("FlinksCapital",), include_sandbox=True))
        assert tally.attempts == {("unknown", "FlinksCapital"): 1}
        assert sum(tally.sessions.values()) == 1

    def test_delays_are_sampled(self) -> None:
        """One record in 64, by its own time and its receipt."""
        tally = tally_of([event(place, at="2026-05-28T20:26:39.000Z") for place in range(130)])
        assert tally.client_delay_ms == [1_000, 1_064, 1_128]
        assert tally.received_ms == [START_MS, START_MS + 64, START_MS + 128]

    def test_is_taken_once(self) -> None:
        """What was handed over is not counted again."""
        fold = SessionFold(0)
        fold.process(records([event(0, "SUBMIT_CREDENTIAL"), b"x"]))
        assert fold.take_changes().tally.rejected == {"not_json": 1}
        assert fold.take_changes().tally == Tally()
