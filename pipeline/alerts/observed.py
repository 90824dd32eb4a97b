"""From a minute of counts to what the detector is fed."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from pipeline.alerts.bucket import BACKLOG, CONNECT_MIN, NO_COMPLETION, NO_REQUEST_ID, Bucket, Row
from pipeline.counts import Count
from pipeline.counts.counted import MINUTE_MS
from pipeline.counts.minutes import Minute
from pipeline.flinks.catalogue import CATALOGUE, Role

_PENDING: Final = ("OPERATION_PENDING", "OPERATION_DISPATCHED")
"""What Flinks answers to a data request that takes its time."""

_EXPECTED: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.role is not Role.FAILURE)
"""Codes that are part of a journey, and no errors."""


class Tried(Struct):
    """The attempts of a minute at an institution."""

    attempts: int
    open: int
    """Those that nobody has completed yet."""


class Observed:
    """Remembers the attempts of the last minutes, for whether they were completed shows only later."""

    def __init__(self, minutes: list[dict[str, Tried]] | None = None) -> None:
        """By institution, of the minutes before, the oldest first."""
        self._minutes = deque(minutes or [], maxlen=CONNECT_MIN)

    @property
    def minutes(self) -> list[dict[str, Tried]]:
        """To go on from."""
        return list(self._minutes)

    def bucket(self, minute: Minute) -> Bucket:
        """The rows of a minute that is complete."""
        institutions = minute.institutions
        full = len(self._minutes) == CONNECT_MIN
        over = self._minutes[0] if full else {}
        tried = {name: Tried(count.attempts, count.attempts) for name, count in institutions.items() if count.attempts}
        self._minutes.append(tried)
        for name, count in institutions.items():
            self._complete(name, count.waits)
        # A partition that fell silent in these minutes told of attempts, and tells of no completions.
        if minute.behind_ms > minute.start_ms - CONNECT_MIN * MINUTE_MS:
            over = {}
        rows = [Row(name, NO_COMPLETION, one.open, one.attempts) for name, one in sorted(over.items())]
        for name, count in sorted(institutions.items()):
            rows += _rows(name, count)
        attempts = {name: count.attempts for name, count in institutions.items()}
        samples = {
            (name, code): tuple(request_ids)
            for name, count in institutions.items()
            for code, request_ids in count.samples.items()
        }
        return Bucket(minute.start_ms // MINUTE_MS, rows, attempts, samples)

    def _complete(self, institution: str, waits: Mapping[int, int]) -> None:
        """Completions by the minutes since their attempts."""
        for minutes, completions in waits.items():
            tried = self._minutes[-1 - minutes].get(institution) if 0 <= minutes < len(self._minutes) else None
            if tried is not None:
                tried.open = max(0, tried.open - completions)


def _rows(institution: str, count: Count) -> list[Row]:
    rows = [
        Row(institution, code, visits, max(count.attempts, visits))
        for code, visits in sorted(count.codes.items())
        if code not in _EXPECTED
    ]
    pending = sum(count.codes.get(code, 0) for code in _PENDING)
    if count.timed_out or pending:
        rows.append(Row(institution, BACKLOG, count.timed_out, max(pending, count.timed_out)))
    if count.reports:
        rows.append(Row(institution, NO_REQUEST_ID, count.anonymous, count.reports))
    return rows
