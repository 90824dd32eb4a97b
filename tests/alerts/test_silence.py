"""Nobody comes, at one bank or at all."""

import pytest

from pipeline.alerts import (
    AlertSettings,
    Bucket,
    Maintenance,
    Row,
)
from tests.alerts.running import (
    DAY_OF_5_MIN,
    after,
    bank,
    first,
    steady,
    tell,
)


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
