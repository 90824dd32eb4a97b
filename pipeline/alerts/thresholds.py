"""When evidence is enough. False alarms are budgeted for the person on call and not for a series."""

from dataclasses import dataclass
from itertools import starmap
from typing import Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers
from pipeline.alerts.evidence import Evidence

WEEK_MIN: Final = 7 * 24 * 60

PAGES_PER_WEEK: Final = 1 / 7
"""False ones, of all series together: a night in seven weeks. Drifts and moods of the traffic, which no bound of chance
knows of, take the rest of what is bearable (0.4 for 200 series)."""
TICKETS_PER_WEEK: Final = 7.0
"""One a day."""

LOOKS: Final = 0.15
"""Independent looks in a bucket of one series. Horizons overlap in each other and in time; exp(-D) is an upper bound
of a
tail and not the tail. Measured: 2 million buckets of quiet series were above 10 nats 12 times, above 12 nats twice, and
2e6 * exp(-10) is 91."""

FLOOR_NATS: Final = 5.4
"""Less is never enough: it is what one series needs for a ticket with buckets of a minute, log(LOOKS * WEEK_MIN / 7).
Wider ones are fewer, but trouble has no fewer chances to be false in them."""

MIN_VISITS: Final = 3
"""One user, or two, are never an incident."""

UNCOUNTED_MIN: Final = 60
UNCOUNTED_EXPECTED: Final = 50.0
"""Bare counts are judged by the hour, or by windows that expect 50 failures: of these chance is a seventh (50^-1/2), no
more than a share is thought to scatter by (series.START_VARIANCE). Fewer come in clumps, and no attempts tell a clump
from a rise. A jump need not last the hour to show in it."""

PAGE_TIMES: Final = 2.5
TICKET_TIMES: Final = 1.5
TICKET_TIMES_UNCOUNTED: Final = 2.0
"""Least effect, in multiples of what is usual. Nobody is to be woken by less than about a tripling (a tripled rate
shows as 2.5 when the window still holds some of the time before); a doubling is for the morning.
Half as much again may be half as much traffic again, where that is not counted."""

TIMES_CERTAIN: Final = 2.0
"""Evidence of so many times what a page needs is certain, and more says nothing. Of windows that are certain the
shortest tells best how bad it is: of an outage's first minute nearly all fail, of three minutes a third."""


@dataclass(frozen=True, slots=True)
class Needed:
    """Nats that are enough."""

    page: float
    ticket: float


@dataclass(frozen=True, slots=True)
class Hot:
    """A series with enough evidence, and the horizon that shows it best: the shortest that is certain, if any is."""

    series: int
    horizon: int
    nats: float
    """Of the horizon that has most."""
    page: bool


def needed(series: int, width_min: int) -> Needed:
    """By Bonferroni over all series and buckets of a week, which bounds false alarms however series hang together."""
    looks = LOOKS * max(series, 1) * WEEK_MIN / width_min
    return Needed(*(max(FLOOR_NATS, float(np.log(looks / budget))) for budget in (PAGES_PER_WEEK, TICKETS_PER_WEEK)))


def hot(evidence: Evidence, enough: Needed, muted: Flags, bare: Flags, width_min: int) -> list[Hot]:
    """Of each series that is not muted; `bare` are those whose attempts are not counted."""
    failures, expected, nats = evidence.failures, evidence.expected, evidence.nats
    times = np.where(bare, TICKET_TIMES_UNCOUNTED, TICKET_TIMES)
    tickets = (nats >= enough.ticket) & (failures >= MIN_VISITS) & (failures >= times * expected) & ~muted
    tickets &= ~bare | (expected >= UNCOUNTED_EXPECTED) | (evidence.buckets * width_min >= UNCOUNTED_MIN)[:, None]
    found: Integers = np.flatnonzero(tickets.any(axis=0))
    if not len(found):
        return []
    failures, expected, nats = (array[:, found] for array in (failures, expected, nats))
    tickets = tickets[:, found]
    pages: Flags = tickets & (nats >= enough.page) & (failures >= PAGE_TIMES * expected)
    paged = pages.any(axis=0)
    told: Floats = np.where(np.where(paged, pages, tickets), nats, 0.0)
    shown = np.minimum(told, TIMES_CERTAIN * enough.page).argmax(axis=0)
    columns = (array.tolist() for array in (found, shown, told.max(axis=0), paged))
    return list(starmap(Hot, zip(*columns, strict=True)))
