"""The pipeline against the oracle: the small cases, and made-up visits that reach every rule.

A failing test names its seed; `Journeys(seed).inputs(VISITS)` makes the same input again.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

import pytest

from pipeline.sessions import offline
from tests.oracle import Oracle
from tests.oracle.cases import CASES
from tests.oracle.compare import REVISING, emitted_differences, latest_differences
from tests.oracle.contract import Arrival, Case, Idle, Input, Program, check, feed
from tests.oracle.journeys import Journeys
from tests.sessions.piped import Piped

VISITS = 30


P = TypeVar("P", bound=Program)


def fed(program: P, inputs: Sequence[Input]) -> P:
    feed(program, inputs)
    return program


def differences(expected: Program, actual: Program) -> list[str]:
    """Of every emission, and of what was rejected and why."""
    found = emitted_differences(expected.emitted, actual.emitted)
    reasons = [[reason for reason, _ in program.rejected] for program in (expected, actual)]
    return found if reasons[0] == reasons[1] else [*found, f"rejected {reasons[1]}, expected {reasons[0]}"]


class TestCases:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_case(self, case: Case) -> None:
        """The pipeline gives what was derived by hand from the rule."""
        assert check(case, Piped()) == [], case.rule


class TestHostileJourneys:
    @pytest.mark.parametrize("seed", range(8))
    def test_offline(self, seed: int) -> None:
        """Every revision of every result is the oracle's, field by field."""
        inputs = Journeys(seed).inputs(VISITS)
        assert differences(fed(Oracle(), inputs), fed(Piped(), inputs)) == []

    @pytest.mark.parametrize("seed", range(100, 104))
    def test_online(self, seed: int) -> None:
        """So it is with the broker's clock and a watermark that goes on while nothing comes."""
        inputs = Journeys(seed, online=True).inputs(VISITS)
        assert any(isinstance(one, Idle) for one in inputs)
        assert differences(fed(Oracle(), inputs), fed(Piped(), inputs)) == []

    @pytest.mark.parametrize("seed", range(200, 203))
    def test_chunks_change_nothing(self, seed: int) -> None:
        """However many records are taken at once, every revision is the same."""
        inputs = Journeys(seed, online=True).inputs(VISITS)
        one_by_one = fed(Piped(), inputs)
        for chunk in (7, 1_000, 1_000_000):
            assert differences(one_by_one, fed(Piped(chunk), inputs)) == [], chunk

    @pytest.mark.parametrize("seed", range(210, 213))
    def test_restoring_changes_nothing(self, seed: int) -> None:
        """A partition that goes on from its changelog emits what it would have emitted."""
        inputs = Journeys(seed, online=True).inputs(VISITS)
        undisturbed = fed(Piped(), inputs)
        for chunk, life in ((1, 100), (50, 50), (13, 400)):
            assert differences(undisturbed, fed(Piped(chunk, life), inputs)) == [], (chunk, life)

    def test_the_offline_function_is_the_same(self) -> None:
        """`offline` gives what the fold gives that it drives."""
        inputs = Journeys(300).inputs(VISITS)
        values = [one.value for one in inputs if isinstance(one, Arrival) and one.value]
        expected = fed(Piped(), [Arrival(value) for value in values])
        given = offline(values)
        assert emitted_differences(expected.emitted, given.emitted + given.emitted_visits) == []
        assert latest_differences(expected.sessions, given.sessions) == []
        assert latest_differences(expected.visits, given.visits) == []
        assert [one["reason"] for one in given.rejected] == [reason for reason, _ in expected.rejected]


class TestPurity:
    @pytest.mark.parametrize("seed", range(400, 404))
    def test_disorder_changes_only_revisions_and_duplicates(self, seed: int) -> None:
        """Events that arrive up to 60 s late, in any order, come to the same results."""
        journeys = Journeys(seed, orderly=True)
        expected = fed(Piped(), journeys.inputs(VISITS))
        assert expected.rejected == []
        rng = random.Random(seed)
        for disorder_ms in (0, 5_000, 59_999):
            for draft in journeys.drafts:
                draft.arrives_ms = draft.time_ms + rng.randint(0, disorder_ms)
            journeys.drafts.sort(key=lambda draft: draft.arrives_ms)
            shuffled = fed(Piped(), list(journeys.told()))
            assert shuffled.rejected == []
            assert latest_differences(expected.sessions, shuffled.sessions, REVISING) == [], disorder_ms
            assert latest_differences(expected.visits, shuffled.visits, REVISING) == [], disorder_ms

    @pytest.mark.parametrize("seed", range(500, 503))
    def test_copies_change_only_duplicates(self, seed: int) -> None:
        """Every record twice, and still every revision says the same but for `duplicates`."""
        inputs = Journeys(seed, online=True).inputs(VISITS)
        twice = [copy for one in inputs for copy in ((one, one) if isinstance(one, Arrival) else (one,))]
        expected, doubled = fed(Piped(), inputs), fed(Piped(), twice)
        assert emitted_differences(expected.emitted, doubled.emitted, {"duplicates"}) == []
        assert sum(one["duplicates"] for one in doubled.sessions.values()) > len(doubled.sessions)
