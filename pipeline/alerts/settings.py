"""What a person decides about alerts."""

from dataclasses import dataclass

import numpy as np

from pipeline.alerts.arrays import Flags
from pipeline.alerts.bucket import ANY, SIGNAL_AGE_MIN
from pipeline.alerts.series import SeriesTable


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A time in which nothing is told of an institution, nor learned. What is open there when it begins, ends."""

    start: int
    """In minutes since 1970."""
    end: int
    """The first minute after it."""
    institution: str = ANY

    def covers(self, minute: int, institution: str, code: str) -> bool:
        """Whether it is why a series is as it is in a bucket; of signals that tell of the past, a while longer."""
        end = self.end + SIGNAL_AGE_MIN.get(code, 0)
        return self.start <= minute < end and self.institution in {ANY, institution}


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The same for a backtest and in production."""

    width_min: int = 1
    """Of a bucket: 1 or 5."""
    maintenance: tuple[Maintenance, ...] = ()
    watch_silence: bool = False
    """Whether a bucket without attempts says that nobody came. A live pipeline knows that by its watermark; in a file
    it may as well be a gap of the recording."""
    runbook_url: str | None = None
    """Where the team's runbooks are; the incident's kind is added to it."""

    def muted(self, minute: int, table: SeriesTable) -> Flags:
        """The series under maintenance."""
        longest = max(SIGNAL_AGE_MIN.values())
        windows = [one for one in self.maintenance if one.start <= minute < one.end + longest]
        if not windows:
            return np.zeros(len(table), bool)
        return np.array([any(one.covers(minute, *name) for one in windows) for name in table.names], bool)
