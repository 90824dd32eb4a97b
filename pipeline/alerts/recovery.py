"""When an incident is over."""

from typing import Final

import numpy as np

from pipeline.alerts.evidence import Evidence
from pipeline.alerts.incident import Incident
from pipeline.alerts.series import SeriesTable
from pipeline.alerts.statistic import TINY, disagreement

NATS: Final = 7.0
"""Evidence that the rate is below the half way back to its baseline. It is looked for at every bucket and horizon: an
incident of six hours has some 50 independent looks (thresholds.LOOKS), and e^-7 of each leaves one false end in 20."""

LEAST_MIN: Final = 5
"""Shorter ones end after this time: who was woken sees it still."""

NEW_NORMAL_MIN: Final = 24 * 60
"""After a day it is how things are. The baseline is taken from now, so that one that was wrong frees itself."""

QUIET_TIMES: Final = 1.5
"""With bare counts: over the longest window, three hours, below half as much again as usual, which is halfway down from
the least that is told. A baseline that is known to a factor of two can not tell half the height of a tripling from its
foot: an incident of a minute then lasted a day and hid the next. What comes back sooner is the same trouble."""

MOST: Final = 0.99


def recovered(incident: Incident, at: int, evidence: Evidence, table: SeriesTable, width_min: int) -> bool:
    """Whether the newest windows speak against its going on, of those that began after it was at its worst.

    The members are taken together, so that a bank with one visit an hour does not hold the others back.
    """
    if at - incident.opened < LEAST_MIN:
        return False
    since_worst = at - max(found.at for found in incident.members.values())
    parts = [series for series in incident.members if not table.whole[series]] or list(incident.members)
    series = np.array(sorted(parts))
    failures, attempts, expected, unsure = (
        array[:, series] for array in (evidence.failures, evidence.attempts, evidence.expected, evidence.unsure)
    )
    base = np.maximum(evidence.rate[series], TINY)
    worst = np.array([incident.members[number].share for number in series.tolist()])
    half_way = np.clip((base + worst) / 2, base, MOST) / base
    tried, failed = attempts.sum(axis=1), failures.sum(axis=1)
    begun_since = evidence.buckets * width_min <= since_worst
    if table.bare[series].all():
        return bool(begun_since[-1] and failed[-1] <= QUIET_TIMES * expected[-1].sum())
    between = np.minimum((expected * half_way).sum(axis=1) / (tried + TINY), MOST)
    variance = (unsure * expected).sum(axis=1) / (expected.sum(axis=1) + TINY) + TINY
    clumps = evidence.clumps[series].max()
    nats = disagreement((tried - failed) / clumps, tried / clumps, 1 - between, variance)
    return bool((nats[begun_since] >= NATS).any())
