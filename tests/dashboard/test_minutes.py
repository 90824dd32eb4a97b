"""Sums by minute, and results that come in revisions."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.dashboard.minutes import Filter, MinuteTable, Place, total
from pipeline.dashboard.upserts import Upserts

PLACES = st.builds(
    Place,
    st.sampled_from(["RBC", "TD"]),
    st.sampled_from(["lending", "savings"]),
    st.sampled_from(["web", "ios", None]),
    st.sampled_from(["7.1", "7.2", None]),
)
FILTERS = st.builds(
    Filter,
    st.sampled_from(["lending", None]),
    st.sampled_from(["web", None]),
    st.sampled_from(["7.1", None]),
)
ADDED = st.lists(st.tuples(st.integers(0, 5), PLACES, st.sampled_from("ab"), st.integers(1, 9)), max_size=40)
REVISIONS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(0, 3), PLACES), max_size=40)


class TestMinuteTable:
    @given(ADDED, ADDED, FILTERS, st.integers(0, 6))
    def test_sums_under_a_filter(self, first: list, then: list, where: Filter, old: int) -> None:  # type: ignore[type-arg]
        """They are those of what the filter takes, also after more was added and the oldest dropped."""
        table = MinuteTable()
        for minute, place, name, number in first:
            table.add(minute, place, [(name, number)])
        table.under(where)
        for minute, place, name, number in then:
            table.add(minute, place, [(name, number)])
        table.forget_before(old)
        table.add(old - 1, Place("RBC", "lending", "web", "7.1"), [("a", 1)])
        expected: Counter[tuple[int, str, str]] = Counter()
        for minute, place, name, number in first + then:
            if minute >= old and where.takes(place):
                expected[minute, place.institution, name] += number
        found = {
            (minute, institution, name): number
            for minute, institutions in table.under(where).items()
            for institution, sums in institutions.items()
            for name, number in sums.items()
        }
        assert found == expected

    def test_a_span(self) -> None:
        """Both ends belong to it."""
        table = MinuteTable()
        for minute in range(10):
            table.add(minute, Place("RBC", "lending"), [("a", 1)])
        assert total(table.under(Filter()), 3, 5) == {"RBC": {"a": 3}}


class TestUpserts:
    @given(REVISIONS)
    def test_the_highest_revision_counts(self, told: list[tuple[int, int, int, Place]]) -> None:
        """Each result once, wherever and in whatever order its revisions came; of two alike the first."""
        table = MinuteTable()
        upserts = Upserts(table)
        best: dict[int, tuple[int, int, Place]] = {}
        for number, revision, minute, place in told:
            upserts.put(f"{number:032x}"[::-1], revision, minute, (place, (("a", 1),)))
            if number not in best or best[number][0] < revision:
                best[number] = revision, minute, place
        expected = Counter((minute, place.institution) for _, minute, place in best.values())
        found = {
            (minute, institution): sums["a"]
            for minute, institutions in table.under(Filter()).items()
            for institution, sums in institutions.items()
            if sums["a"]
        }
        assert found == expected

    def test_bounded(self) -> None:
        """Of more results than are remembered the oldest count on, and their revisions no more."""
        table = MinuteTable()
        upserts = Upserts(table, most=4)
        adds = Place("RBC", "lending"), (("a", 1),)
        for number in (1, 2, 3, 4, 5):
            upserts.put(f"{number:016x}", 1, 5, adds)
        upserts.put(f"{1:016x}", 2, 6, adds)
        upserts.put(f"{3:016x}", 2, 6, adds)
        assert table.under(Filter()) == {5: {"RBC": {"a": 4}}, 6: {"RBC": {"a": 1}}}
        assert (len(upserts), upserts.passed_over) == (2, 1)
        upserts.forget_before(7)
        assert len(upserts) == 0
