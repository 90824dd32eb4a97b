"""What the detector is fed: the counts of one bucket of time, of all institutions and codes at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

ANY: Final = "*"
"""In the place of an institution all of them, in the place of a code any."""

NO_COMPLETION: Final = "NO_COMPLETION"
"""A made-up code. Errors: attempts that were not completed; attempts: those that had the time for it."""
BACKLOG: Final = "BACKLOG"
"""A made-up code. Errors: data requests that were given up after half an hour without an answer; attempts: those that
were told to be pending."""
NO_REQUEST_ID: Final = "NO_REQUEST_ID"
"""A made-up code. Errors: events without requestId where one belongs; attempts: all events where one belongs."""
CONNECT_MIN: Final = 5
"""Most who connect have done so this long after their attempt."""
SIGNAL_AGE_MIN: Final = {NO_COMPLETION: CONNECT_MIN, BACKLOG: 30}
"""How long before a bucket it began what a signal in it tells of."""
OTHER_SIGNALS: Final = frozenset({NO_COMPLETION, BACKLOG, NO_REQUEST_ID})
"""They are watched like codes."""


class Row(NamedTuple):
    """What one institution had of one code: a row of a backtest's input."""

    institution: str
    code: str
    errors: int
    """Distinct visits that met the code."""
    attempts: int | None
    """Visits that tried, the same number in every row of an institution's codes, while a signal that is no code has its
    own; if fewer than the errors, taken for as many. None when nobody counts them, and that is for good: what its first
    row says holds for an institution."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The order of rows means nothing, and a row that is missing is one without errors."""

    minute: int
    """Its start, in minutes since 1970."""
    rows: Sequence[Row]
    attempts: Mapping[str, int] = field(default_factory=dict)
    """By institution, for those that had attempts and no row."""
    samples: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """Some requestIds by institution and code, for whoever looks into an incident."""
