"""What is usual, and how an institution stands against it."""

import random

import pytest

from pipeline.dashboard.standing import State, since, standing
from pipeline.dashboard.usual import Usual, usual

MINUTES = {minute: {"RBC": {"attempts": 20, "completions": 15, "code:RETRY_LATER": 1}} for minute in range(100, 160)}
USUAL = Usual(60, {"attempts": 20.0, "completions": 15.0, "code:RETRY_LATER": 1.0, "code:INVALID_LOGIN": 3.0})


class TestUsual:
    def test_an_average_minute(self) -> None:
        """Of the minutes that no incident touched."""
        minutes = MINUTES | {minute: {"RBC": {"attempts": 20}} for minute in range(130, 140)}
        found = usual(minutes, "RBC", 100, 159, range(130, 140).__contains__)
        assert found is not None
        assert found.minutes == 50
        assert found.per_minute("attempts") == 20
        assert found.success == 0.75

    def test_quiet_minutes_count(self) -> None:
        """A minute without anything is one, once something is known at all."""
        found = usual({100: {"RBC": {"attempts": 20}}}, "RBC", 100, 119, lambda _: False)
        assert found is not None
        assert found.per_minute("attempts") == 1

    def test_too_little(self) -> None:
        """Nothing is called usual after nine minutes."""
        assert usual(MINUTES, "RBC", 151, 159, lambda _: False) is None


class TestStanding:
    @pytest.mark.parametrize(
        ("attempts", "completions", "state"),
        [
            (100, 75, State.USUAL),
            (100, 20, State.FAR_BELOW),
            (100, 58, State.BELOW),
            (100, 66, State.USUAL),
            (5, 0, State.FEW),
            (0, 0, State.SILENT),
            (400, 300, State.USUAL),
        ],
    )
    def test_states(self, attempts: int, completions: int, state: State) -> None:
        """Against 100 attempts in five minutes of which 75 connect."""
        assert standing({"attempts": attempts, "completions": completions}, USUAL, 5).state is state

    def test_chance_is_no_trouble(self) -> None:
        """Of a thousand spans as usual hardly any is called below."""
        rng = random.Random(7)
        called = sum(
            standing({"attempts": 100, "completions": sum(rng.random() < 0.75 for _ in range(100))}, USUAL, 5).state
            is not State.USUAL
            for _ in range(1000)
        )
        assert called <= 3

    def test_a_quiet_night(self) -> None:
        """Where few came all evening, that nobody comes for five minutes is no silence."""
        assert standing({}, Usual(180, {"attempts": 3.0, "completions": 2.0}), 5).state is not State.SILENT
        assert standing({}, Usual(180, {"attempts": 5.0, "completions": 3.0}), 5).state is State.SILENT

    def test_little_is_known(self) -> None:
        """What would be below an average of an hour may be chance after a quarter of one."""
        now = {"attempts": 100, "completions": 58}
        assert standing(now, USUAL, 5).state is State.BELOW
        assert standing(now, Usual(15, USUAL.sums), 5).state is State.USUAL

    def test_names_the_code_that_rises(self) -> None:
        """Not the one that is most frequent, and none that is no failure."""
        now = {
            "attempts": 100,
            "completions": 20,
            "code:INVALID_LOGIN": 16,
            "code:RETRY_LATER": 15,
            "code:QUESTION_NOT_FOUND": 90,
        }
        assert standing(now, USUAL, 5).code == "RETRY_LATER"

    def test_unknown_usual(self) -> None:
        """Then nothing is said."""
        assert standing({"attempts": 100}, None, 5).state is State.UNKNOWN


class TestSince:
    def test_the_first_bad_minute(self) -> None:
        """Of the trouble that goes on; one good minute between does not end it, nor does a silent one."""
        bad = {"RBC": {"attempts": 20, "completions": 4}}
        minutes = MINUTES | dict.fromkeys(range(110, 112), bad) | dict.fromkeys(range(140, 160), bad)
        minutes[150] = MINUTES[150]
        minutes[145] = {}
        assert since(minutes, "RBC", 0.75, 100, 159) == 140
