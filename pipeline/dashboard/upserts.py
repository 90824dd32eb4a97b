"""Results that come in revisions, counted once each."""

from typing import Final

from pipeline.dashboard.minutes import MinuteTable
from pipeline.dashboard.told import Contribution

MOST: Final = 500_000
"""Results whose contribution is remembered, about 100 bytes each: the whole hour at 8,000 a minute. Where more come,
the oldest are forgotten, and a late revision of those changes nothing."""


class Upserts:
    """Adds each result to a table by its highest revision."""

    def __init__(self, table: MinuteTable, most: int = MOST) -> None:
        """Hold nothing yet."""
        self._table = table
        self._most = most
        self._told: dict[int, tuple[int, int, Contribution]] = {}
        self._forgot = False
        self.passed_over = 0
        """Revisions of results that were forgotten."""

    def __len__(self) -> int:
        return len(self._told)

    def put(self, result_id: str, revision: int, minute: int, contribution: Contribution) -> None:
        """Count a revision of a result, instead of what was known of it."""
        key = int(result_id[:16], 16)
        known = self._told.get(key)
        if known is not None:
            if known[0] >= revision:
                return
            _, before, (place, amounts) = known
            self._table.add(before, place, amounts, -1)
        elif revision > 1 and self._forgot:
            self.passed_over += 1
            return
        self._table.add(minute, *contribution)
        self._told[key] = revision, minute, contribution
        if len(self._told) > self._most:
            del self._told[next(iter(self._told))]
            self._forgot = True

    def forget_before(self, minute: int) -> None:
        """Drop the oldest of those that the table has forgotten."""
        while self._told:
            key = next(iter(self._told))
            if self._told[key][1] >= minute:
                return
            del self._told[key]
