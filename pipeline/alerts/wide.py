"""Flinks-wide trouble: many banks at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers
from pipeline.alerts.evidence import Evidence
from pipeline.alerts.incident import Finding
from pipeline.alerts.series import SeriesTable
from pipeline.alerts.statistic import TINY, disagreement
from pipeline.alerts.thresholds import Hot, Needed

BANKS: Final = 3
"""Two may be a coincidence, or one company under two names."""
BANK_TIMES: Final = 2.0
BANK_NATS: Final = 1.0
"""A bank takes part when it has twice its usual failures and that is not chance (e^-1)."""

AFTER_ONE_NATS: Final = 7.0
"""Evidence of the other banks that is enough once one bank has an incident of that code: then there is one look, and
not thousands, and of a thousand incidents of one bank not one is to be taken for Flinks' (e^-7)."""

BASELINE_VARIANCE: Final = 0.03
"""Of the sum over banks: as uncertain as one of them, for what moves one may move all."""


@dataclass(frozen=True, slots=True)
class Wide:
    """A code that many banks have at once."""

    code: str
    series: Integers
    """Of all banks."""
    shares: Floats
    """Of attempts that fail, for each of them."""
    affected: list[str]
    """The banks that take part."""
    finding: Finding
    minutes: int


def wide(
    at: int, hots: list[Hot], evidence: Evidence, table: SeriesTable, enough: Needed, width_min: int
) -> list[Wide]:
    """The codes that are hot at a bank and, that bank left out, in the fleet as well.

    If two banks would be paged for they are both left out: of many banks some third one always has twice its usual
    failures, and the second would be the fleet.
    """
    codes = sorted({int(table.code[hot.series]) for hot in hots if not table.whole[hot.series]})
    found = (_of_code(at, code, hots, evidence, table, enough, width_min) for code in codes)
    return [one for one in found if one is not None]


def _of_code(
    at: int, code: int, hots: list[Hot], evidence: Evidence, table: SeriesTable, enough: Needed, width_min: int
) -> Wide | None:
    series = np.flatnonzero(table.code == code)
    if len(series) < BANKS:
        return None
    failures, attempts, expected = (
        array[:, series] for array in (evidence.failures, evidence.attempts, evidence.expected)
    )
    known = set(series.tolist())
    paged = sum(hot.page and hot.series in known for hot in hots)
    worst = np.argsort(-evidence.nats[:, series], axis=1, kind="stable")
    unsure = evidence.unsure[:, series].min(axis=1) + BASELINE_VARIANCE

    def without(banks: int) -> tuple[Floats, Flags]:
        """Evidence of all but the worst banks, and whether they have twice their usual failures."""
        left_out = worst[:, :banks]
        rest, rest_of, usual = (
            array.sum(axis=1) - np.take_along_axis(array, left_out, axis=1).sum(axis=1)
            for array in (failures, attempts, expected)
        )
        return disagreement(rest, rest_of, usual / (rest_of + TINY), unsure), rest >= BANK_TIMES * usual

    nats, twice = without(1)
    takes_part = (failures >= 1) & (failures >= BANK_TIMES * expected) & (evidence.nats[:, series] >= BANK_NATS)
    needs = AFTER_ONE_NATS if paged else enough.page
    fits = (takes_part.sum(axis=1) >= BANKS) & (nats >= needs) & twice
    if paged == BANKS - 1:
        rest_nats, rest_twice = without(BANKS - 1)
        fits &= (rest_nats >= needs) & rest_twice
    if not fits.any():
        return None
    horizon = int(np.where(fits, nats, 0.0).argmax())
    minutes = int(evidence.buckets[horizon]) * width_min
    finding = Finding(
        nats=float(nats[horizon]),
        needed=needs,
        failures=int(failures[horizon].sum()),
        attempts=int(attempts[horizon].sum()),
        expected=float(expected[horizon].sum()),
        spread=float((evidence.unsure[horizon, series].min() + BASELINE_VARIANCE) ** 0.5),
        minutes=minutes,
        at=at,
    )
    shares: Floats = failures[horizon] / (attempts[horizon] + TINY)
    affected = [table.names[number][0] for number in series[takes_part[horizon]]]
    return Wide(table.codes[code][0], series, shares, affected, finding, minutes)
