"""The series that are watched: institution by code, and of each institution the failures that are not its users'."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

import numpy as np

from pipeline.alerts.arrays import Flags, Floats, Integers
from pipeline.alerts.bucket import ANY, NO_COMPLETION, OTHER_SIGNALS, Bucket
from pipeline.flinks.catalogue import CATALOGUE, FailureClass

UNIT: Final = 2**20
"""Attempts that a bucket is said to have where nobody counted them: so many that failures among them are Poisson."""

START_USERS: Final = 0.1
START_OTHERS: Final = 0.01
"""Rates of a code before anybody met it: of users' own mistakes one login in ten, of all else one in a hundred. They
are worth half a failure, so a factor of ten is soon put right."""

START_NO_COMPLETION: Final = 0.3
"""Of attempts that nobody completes: about every third, for people mistype, retry and leave."""

START_VARIANCE: Final = 0.02
START_VARIANCE_UNCOUNTED: Final = 0.25
"""Relative variance of the rate around its baseline before it is learned: 14 % of a share; of bare counts, which hold
the traffic's ups and downs as well, 50 %."""

_NAME: Final = itemgetter(0, 1)
"""Institution and code of a row."""

_USERS_OWN: Final = frozenset({FailureClass.USER, FailureClass.USER_AT_BANK})


def is_users_own(code: str) -> bool:
    """Whether it is for users to put right, so that it says little of the bank."""
    entry = CATALOGUE.get(code)
    return entry is not None and entry.in_browser.failure_class in _USERS_OWN


def tells_of_outage(code: str) -> bool:
    return code != ANY and code not in OTHER_SIGNALS and not is_users_own(code)


class SeriesTable:
    """Names of the series in the order in which they were first seen; each has its number for good."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.numbers: dict[tuple[str, str], int] = {}
        self.uncounted: dict[str, bool] = {}
        """By institution, whether its attempts are not counted: as its first row said."""
        self._arrange()

    def __len__(self) -> int:
        return len(self.names)

    def admit(self, bucket: Bucket) -> None:
        """Number what is new in a bucket, in order of names."""
        if all(map(self.numbers.__contains__, map(_NAME, bucket.rows))):
            return
        new = sorted({(row[0], row[1], row[3] is None) for row in bucket.rows if row[:2] not in self.numbers})
        for institution, code, bare in new:
            self.uncounted.setdefault(institution, bare)
            self._number(institution, code)
            if (institution, ANY) not in self.numbers and self._outage_codes(institution) > 1:
                self._number(institution, ANY)
        self._arrange()

    def _number(self, institution: str, code: str) -> None:
        self.numbers.setdefault((institution, code), len(self.names))
        self.names = list(self.numbers)

    def _outage_codes(self, institution: str) -> int:
        return sum(name == institution and tells_of_outage(code) for name, code in self.names)

    def _arrange(self) -> None:
        self.institutions = list(self.uncounted)
        self.bare_institution: Flags = np.array(list(self.uncounted.values()), bool)
        places = {name: number for number, name in enumerate(self.institutions)}
        kinds = [(code, self.uncounted[name]) for name, code in self.names]
        self.codes = list(dict.fromkeys(kinds))
        """Code, and whether attempts are not counted: rates of the two can not be compared."""
        numbers = {kind: number for number, kind in enumerate(self.codes)}
        self.institution: Integers = np.array([places[name] for name, _ in self.names], np.int64)
        self.code: Integers = np.array([numbers[kind] for kind in kinds], np.int64)
        self.whole: Flags = np.array([code == ANY for _, code in self.names], bool)
        """Whether it is an institution's sum."""
        self.adds: Flags = np.array([tells_of_outage(code) for _, code in self.names], bool)
        """Whether it is part of that."""
        self.other: Flags = np.array([code in OTHER_SIGNALS for _, code in self.names], bool)
        """Whether it is no code, and has attempts of its own."""
        self.start_rate: Floats = np.array([_start_rate(code, bare=bare) for code, bare in self.codes], float)
        """By code."""
        self.bare: Flags = np.array([bare for _, bare in kinds], bool)
        """Whether its attempts are not counted."""
        spread = (START_VARIANCE, START_VARIANCE_UNCOUNTED)
        self.start_variance: Floats = np.array([spread[bare] for _, bare in kinds], float)

    def counts(self, bucket: Bucket) -> tuple[Floats, Floats]:
        """(failures, attempts) of every series in a bucket."""
        places = {name: number for number, name in enumerate(self.institutions)}
        by_place = np.zeros(len(places))
        for name, count in bucket.attempts.items():
            if name in places:
                by_place[places[name]] = count
        failures, own = np.zeros(len(self)), np.zeros(len(self))
        if bucket.rows:
            numbers = np.fromiter(map(self.numbers.__getitem__, map(_NAME, bucket.rows)), np.int64)
            _, _, errors, attempts = zip(*bucket.rows, strict=True)
            failures += np.bincount(numbers, errors, len(self))
            # Who meets a code has tried, be it a bucket before.
            tried = np.maximum(np.array(attempts, float), np.array(errors, float))
            tried[np.isnan(tried)] = 0
            other = self.other[numbers]
            own += np.bincount(numbers, tried * other, len(self))
            np.maximum.at(by_place, self.institution[numbers], np.where(other, 0.0, tried))
        by_place = np.where(self.bare_institution, float(UNIT), by_place)
        attempts_of: Floats = np.where(self.other, own, by_place[self.institution])
        sums = np.bincount(self.institution, failures * self.adds, len(by_place))
        failures = np.where(self.whole, sums[self.institution], failures)
        return np.minimum(failures, attempts_of), attempts_of

    def pack(self) -> list[Any]:
        return [list(self.names), self.uncounted]

    def unpack(self, packed: Sequence[Any]) -> None:
        names, self.uncounted = packed
        self.numbers = {(institution, code): number for number, (institution, code) in enumerate(names)}
        self.names = list(self.numbers)
        self._arrange()


def _start_rate(code: str, *, bare: bool) -> float:
    if bare:
        return 1 / UNIT
    if code == NO_COMPLETION:
        return START_NO_COMPLETION
    return START_USERS if is_users_own(code) else START_OTHERS
