"""Results that come in revisions, counted once each."""

from typing import Final

from pipeline.dashboard.minutes import MinuteTable
from pipeline.dashboard.results import Contribution

MOST: Final = 500_000
"""Results whose contribution is remembered, about 120 bytes each: the whole hour at 8,000 a minute. Where more come,
the older half is forgotten, and a late revision of those changes nothing."""

# What is remembered of a result is one number: half a million tuples would hold up everything for a second whenever
# Python's garbage collector looks through them.
_REVISION_BITS: Final = 20
_MINUTE_BITS: Final = 28
_REVISIONS: Final = (1 << _REVISION_BITS) - 1
_MINUTES: Final = (1 << _MINUTE_BITS) - 1


class Upserts:
    """Adds each result to a table by its highest revision."""

    def __init__(self, table: MinuteTable, most: int = MOST) -> None:
        """Hold nothing yet."""
        self._table = table
        self._most = most
        # Two generations, the older dropped whole: to delete the oldest one by one leaves a dict full of holes.
        self._told: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._contributions: list[Contribution] = []
        self._numbers: dict[Contribution, int] = {}
        self._forgot = False
        self.passed_over = 0
        """Revisions of results that were forgotten."""

    def __len__(self) -> int:
        return len(self._told) + len(self._before)

    def put(self, result_id: str, revision: int, minute: int, contribution: Contribution) -> None:
        """Count a revision of a result, instead of what was known of it."""
        key = int(result_id[:16], 16)
        revision = min(revision, _REVISIONS)
        known = self._told.get(key)
        if known is None:
            known = self._before.pop(key, None)
        if known is not None:
            if known & _REVISIONS >= revision:
                self._told[key] = known
                return
            place, amounts = self._contributions[known >> (_REVISION_BITS + _MINUTE_BITS)]
            self._table.add(_minute_of(known), place, amounts, -1)
        elif revision > 1 and self._forgot:
            self.passed_over += 1
            return
        self._table.add(minute, *contribution)
        number = self._number(contribution)
        self._told[key] = (number << _MINUTE_BITS | minute) << _REVISION_BITS | revision
        if len(self._told) >= self._most // 2:
            self._forgot = self._forgot or bool(self._before)
            self._told, self._before = {}, self._told

    def forget_before(self, minute: int) -> None:
        """Drop the older ones, if the table has forgotten all of them."""
        for generation in (self._before, self._told):
            if all(_minute_of(told) < minute for told in generation.values()):
                generation.clear()

    def _number(self, contribution: Contribution) -> int:
        """What stands for it; there are as many as there are kinds of results in as many places."""
        number = self._numbers.get(contribution)
        if number is None:
            number = self._numbers[contribution] = len(self._contributions)
            self._contributions.append(contribution)
        return number


def _minute_of(told: int) -> int:
    return told >> _REVISION_BITS & _MINUTES
