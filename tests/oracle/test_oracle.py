"""The oracle against examples whose results were derived by hand, and its comparing of results."""

import pytest

from tests.oracle import Oracle, run
from tests.oracle.cases import CASES
from tests.oracle.cases.building import MINUTE, code, idle, other_visit, step
from tests.oracle.compare import REVISING, emitted_differences, latest_differences
from tests.oracle.contract import Case, check


class TestCases:
    def test_names_are_unique(self) -> None:
        """A case is found by its name."""
        names = [case.name for case in CASES]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_case(self, case: Case) -> None:
        """The oracle gives what was derived by hand from the rule."""
        assert check(case, Oracle()) == [], case.rule


class TestOracle:
    def test_closes_only_what_is_due(self) -> None:
        """Results come as the watermark reaches them, and keys go with their windows."""
        oracle = Oracle()
        oracle.arrive(step(0, "APP_MOUNTED").value)
        oracle.advance(idle(8 * MINUTE - 0.001).watermark_ms)
        assert (oracle.emitted, oracle.open_keys) == ([], {"visit"})
        oracle.advance(idle(8 * MINUTE).watermark_ms)
        assert len(oracle.sessions) == len(oracle.visits) == 1
        assert oracle.open_keys == {"visit"}
        oracle.advance(idle(18 * MINUTE).watermark_ms)
        assert oracle.open_keys == set()

    def test_counts_copies_and_what_is_over_the_cap(self) -> None:
        """Both are counted apart from what was kept."""
        oracle = Oracle()
        for number in range(502):
            oracle.arrive(step(0, "APP_MOUNTED", id=str(number)).value)
        oracle.arrive(step(0, "APP_MOUNTED", id="7").value)
        assert (oracle.over_cap, oracle.duplicates) == (2, 1)

    def test_run_is_offline(self) -> None:
        """All windows close at the end of the input."""
        oracle = run([step(0, "REDIRECT", "X").value or b"", b"nothing"])
        assert [one["outcome"] for one in oracle.sessions.values()] == ["completed"]
        assert oracle.rejected[0][0] == "not_json"
        assert oracle.open_keys == set()


class TestCompare:
    expected = run([code(0, "INVALID_PASSWORD", "X").value or b"", other_visit(1).value or b""])

    def test_equal_results(self) -> None:
        """Nothing is said of equal results."""
        assert latest_differences(self.expected.sessions, dict(self.expected.sessions)) == []
        assert emitted_differences(self.expected.emitted, self.expected.emitted[::-1]) == []

    def test_names_what_is_missing_and_what_is_not_expected(self) -> None:
        """Each result that stands on one side alone is told."""
        one, two = self.expected.sessions.items()
        (missing,) = latest_differences(dict([one, two]), dict([one]))
        (extra,) = latest_differences(dict([one]), dict([one, two]))
        assert missing.startswith(f"missing: session {two[0]}")
        assert extra.startswith(f"not expected: session {two[0]}")
        assert len(emitted_differences(self.expected.emitted, self.expected.emitted[1:])) == 1
        assert len(emitted_differences(self.expected.emitted[1:], self.expected.emitted)) == 1

    def test_names_the_wrong_field(self) -> None:
        """A wrong, missing or foreign field is told with both values."""
        ((key, session), *_) = self.expected.sessions.items()
        (wrong,) = latest_differences({key: session}, {key: {**session, "retries": 7}})
        assert wrong.endswith("retries is 7, 0 expected")
        (absent,) = latest_differences({key: session}, {key: {k: v for k, v in session.items() if k != "codes"}})
        assert absent.endswith("field codes is missing, {'INVALID_PASSWORD': 1} expected")
        (foreign,) = latest_differences({key: session}, {key: {**session, "mood": "good"}})
        assert foreign.endswith("field mood = 'good' is not of the contract")

    def test_tells_true_from_one(self) -> None:
        """JSON's true is not 1."""
        ((key, visit), *_) = self.expected.visits.items()
        assert visit["converted"] is False
        assert latest_differences({key: visit}, {key: {**visit, "converted": 0}})

    def test_ignores_what_it_is_told_to(self) -> None:
        """The order of arrival may change revisions and duplicates."""
        ((key, session), *_) = self.expected.sessions.items()
        changed = {key: {**session, "revision": 3, "duplicates": 4}}
        assert latest_differences({key: session}, changed, ignore=REVISING) == []
        assert len(latest_differences({key: session}, changed)) == 2
