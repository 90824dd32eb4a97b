"""The fold: its short cut, its changelog, and what it holds."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine.fold import Changes, Fold
from pipeline.sessions import Offline, SessionFold, Topics
from tests.oracle.compare import emitted_differences
from tests.sessions.events import MINUTE_MS, START_MS, answer, event, parsed, records

NAMES = [
    "APP_MOUNTED",
    "SUBMIT_CREDENTIAL",
    "INVALID_LOGIN",
    "OPERATION_PENDING",
    "REDIRECT",
    "COMPONENT_CLOSE_SESSION",
]
PAUSES = st.sampled_from([0, 1, 1_000, 31_000, 5 * MINUTE_MS, 9 * MINUTE_MS, 18 * MINUTE_MS, 41 * MINUTE_MS])


@st.composite
def journeys(draw: st.DrawFn) -> list[bytes]:
    """Events of two keys, mostly in order, with copies and server events among them."""
    values = []
    time_ms = 0
    for number in range(draw(st.integers(1, 25))):
        time_ms += draw(PAUSES)
        at_ms = max(0, time_ms - draw(st.sampled_from([0, 0, 0, 20_000, 10 * MINUTE_MS])))
        key = draw(st.sampled_from(["a", "b"]))
        fields: dict[str, Any] = {"id": f"{key}{draw(st.sampled_from([number, number, number, number // 2]))}"}
        if request_id := draw(st.sampled_from([None, None, "x", "y"])):
            fields |= {"request_id": request_id, "kind": draw(st.sampled_from(["step", "code"]))}
            fields["source"] = draw(st.sampled_from(["browser", "browser", "webhook"]))
        fields["release"] = draw(st.sampled_from([None, None, None, "2"]))
        fields["app"] = draw(st.sampled_from(["one", "one", "two"]))
        values.append(event(at_ms, draw(st.sampled_from(NAMES)), key, **fields))
    return values


def run(values: list[bytes], chunk: int = 1) -> Offline:
    driven = Offline()
    for start in range(0, len(values), chunk):
        driven.take(values[start : start + chunk])
    return driven.end()


def differences(one: Offline, other: Offline) -> list[str]:
    return emitted_differences(one.emitted + one.emitted_visits, other.emitted + other.emitted_visits)


class TestSessionFold:
    def test_is_a_fold(self) -> None:
        """The engine can run it."""
        fold: Fold = SessionFold(0)
        fold.process(records([event(0)]))
        assert len(fold) == 1

    @settings(deadline=None, max_examples=150)
    @given(journeys())
    def test_the_short_cut_changes_nothing(self, values: list[bytes]) -> None:
        """Events that take the short cut come to what they come to by the whole rule."""
        short = run(values)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.sessions.fold.LIGHT_BYTES", 0)
            whole = run(values)
        assert differences(whole, short) == []
        assert len(whole.rejected) == len(short.rejected)

    @settings(deadline=None, max_examples=100)
    @given(journeys(), st.lists(st.integers(1, 24), max_size=4), st.integers(1, 7))
    def test_restoring_changes_nothing(self, values: list[bytes], lives: list[int], chunk: int) -> None:
        """A fold that was loaded from the changelog goes on as if nothing had happened."""
        expected = run(values)
        driven = Offline()
        changelog: dict[bytes, bytes] = {}
        for start in range(0, len(values), chunk):
            driven.take(values[start : start + chunk])
            write(changelog, driven.gather())
            if start in lives:
                fold = SessionFold(0)
                fold.clock = replace(driven.fold.clock)
                for key, state in changelog.items():
                    fold.load(key, state)
                assert len(fold) == len(driven.fold)
                assert fold.open == driven.fold.open
                driven.fold = fold
        assert differences(expected, driven.end()) == []

    def test_nothing_is_left(self) -> None:
        """When all windows are gone there is no key, no timer and nothing to be written but tombstones."""
        fold = SessionFold(0)
        fold.process(records([event(0, key=str(number)) for number in range(100)]))
        written = {key for key, _ in fold.take_changes().states}
        fold.process(records([event(60 * MINUTE_MS, key="another")]))
        assert dict(fold.take_changes().states).keys() - {b"another"} == written
        fold.advance(2**62)
        assert fold.take_changes().states == [(b"another", None)]
        assert (len(fold), list(fold.keys()), fold.pending, len(fold._keyed.timers)) == (0, [], 0, 0)
        assert fold.take_changes() == Changes(tally=fold.take_changes().tally)

    def test_a_key_that_came_and_went_is_not_written(self) -> None:
        """What the changelog never had needs no tombstone."""
        fold = SessionFold(0)
        fold.process(records([event(0), event(60 * MINUTE_MS, key="another")]))
        assert [key for key, _ in fold.take_changes().states] == [b"another"]

    def test_a_key_that_went_and_came_again_is_not_deleted(self) -> None:
        """Its state is what the changelog gets."""
        fold = SessionFold(0)
        fold.process(records([event(0)]))
        fold.take_changes()
        fold.process(records([event(60 * MINUTE_MS, key="another"), event(60 * MINUTE_MS + 1)]))
        states = dict(fold.take_changes().states)
        assert states.keys() == {b"visit", b"another"}
        assert None not in states.values()

    def test_what_was_loaded_is_told_to_be_gone(self) -> None:
        """A window that was restored, and of which nothing was wanted since, ends with a tombstone."""
        fold = SessionFold(0)
        fold.process(records([event(0)]))
        ((key, state),) = fold.take_changes().states
        restored = SessionFold(0)
        assert state is not None
        restored.load(key, state)
        assert restored.state_of(key) == state
        restored.advance(START_MS + 9 * MINUTE_MS)
        changes = restored.take_changes()
        assert len(changes.results["flinks.sessions"]) == 1
        assert changes.states[0][0] == key
        assert restored.state_of(key) == changes.states[0][1]
        restored.advance(START_MS + 19 * MINUTE_MS)
        assert restored.take_changes().states == [(key, None)]
        assert restored.state_of(key) is None

    def test_what_is_due_at_once_is_closed_in_turns(self) -> None:
        """After a long absence a worker is not busy with nothing else; the results are the same, some turns later."""
        values = [event(number, key=str(number)) for number in range(0, 12_000, 2)]
        values += [event(10_000 + number, key=str(number)) for number in range(0, 12_000, 2)]
        fold, undisturbed = SessionFold(0), Offline()
        fold.process(records(values))
        turns, emitted = 0, []
        while True:
            left = fold.advance(START_MS + 10 * MINUTE_MS)
            turns += 1
            emitted += fold.take_changes().results[Topics().sessions]
            assert fold.pending == 0
            if not left:
                break
        assert turns > 1
        undisturbed.take(values).end()
        assert sorted(value for _, value in emitted) == sorted(map(orjson.dumps, undisturbed.emitted))

    def test_keys_and_states(self) -> None:
        """`keys` and `state_of` tell what a changelog that is written anew has to hold."""
        fold = SessionFold(0)
        fold.process(records([event(0, key="a"), event(1, key="b")]))
        states = dict(fold.take_changes().states)
        keys = list(fold.keys())
        assert sorted(keys) == [b"a", b"b"]
        assert {key: fold.state_of(key) for key in keys} == states

    def test_results_have_keys_and_topics(self) -> None:
        """Sessions go by request id, else by visit; visits by visit; what is rejected has no key."""
        fold = SessionFold(4, Topics(events="e", sessions="s", visits="v", rejected="r"))
        values = [event(0), event(1, key="other", request_id="x"), answer(2, "OK"), b"{"]
        fold.process(records(values, offset=70, append_ms=START_MS + 5))
        assert fold.pending == 1
        fold.advance(2**62)
        assert fold.pending == 6
        results = fold.take_changes().results
        assert sorted(key or b"" for key, _ in results["s"]) == [b"request", b"visit", b"x"]
        assert sorted(key or b"" for key, _ in results["v"]) == [b"other", b"visit"]
        (rejected,) = parsed(results["r"])
        assert (rejected["topic"], rejected["partition"], rejected["offset"]) == ("e", 4, 73)
        assert (rejected["reason"], results["r"][0][0]) == ("not_json", None)

    def test_a_request_that_turns_out_to_be_a_visit(self) -> None:
        """Where a visit's key is a request id that came before, there is a visit."""
        fold = SessionFold(0)
        fold.process(records([event(0, key="x", connect_session_id=None, request_id="x"), event(1, key="x")]))
        fold.advance(2**62)
        (visit,) = parsed(fold.take_changes().results["flinks.visits"])
        assert visit["connect_session_id"] == "x"

    def test_the_clock(self) -> None:
        """It keeps the highest event time, when its record was appended, and the watermark, which stays."""
        fold = SessionFold(0)
        fold.process([(0, START_MS + 700, None, event(500)), (1, START_MS + 900, None, event(300))])
        clock = fold.clock
        assert (clock.high_ms, clock.high_append_ms) == (START_MS + 500, START_MS + 700)
        assert clock.watermark_ms == START_MS + 500 - MINUTE_MS
        fold.advance(START_MS)
        fold.advance(0)
        assert clock.watermark_ms == START_MS

    def test_rejected_records_move_no_clock(self) -> None:
        """A chunk without a good event changes nothing but what is rejected."""
        fold = SessionFold(0)
        fold.process(records([b"x", None]))
        assert fold.clock.high_ms is None
        assert (fold.pending, len(fold)) == (2, 0)


def write(changelog: dict[bytes, bytes], changes: Changes) -> None:
    for key, state in changes.states:
        if state is None:
            changelog.pop(key)  # or there was nothing to delete
        else:
            changelog[key] = state
