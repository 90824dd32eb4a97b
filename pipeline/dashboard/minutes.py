"""Sums by minute and place, and what they come to under a filter."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

MINUTE_MS: Final = 60_000

Amounts = tuple[tuple[str, int], ...]
"""What to add: ("attempts", 1), ("code:RETRY_LATER", 2)…"""
Sums = dict[str, int]
Minutes = Mapping[int, Mapping[str, Sums]]
"""Minute (since 1970) to institution to sums."""

_FILTERS: Final = 64
"""Filters whose sums are kept; more than people who look at once."""


class Place(NamedTuple):
    """Where something happened; None is unknown."""

    institution: str
    app: str
    platform: str | None = None
    release: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked at; None is everything."""

    app: str | None = None
    platform: str | None = None
    release: str | None = None

    def takes(self, place: Place) -> bool:
        return (
            (self.app is None or self.app == place.app)
            and (self.platform is None or self.platform == place.platform)
            and (self.release is None or self.release == place.release)
        )


@dataclass(slots=True)
class _Minute:
    places: dict[Place, Sums]
    changes: int = 0


class MinuteTable:
    """Sums of the last so many minutes. What is older is not taken, and goes when `forget_before` says so.

    Under a filter only the minutes that have changed are summed up anew, for a page asks every second.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._minutes: dict[int, _Minute] = {}
        self._summed: OrderedDict[Filter, dict[int, tuple[int, dict[str, Sums]]]] = OrderedDict()
        self._first = 0
        self.places: set[Place] = set()
        """Where anything happened in the minutes that are held."""

    def add(self, minute: int, place: Place, amounts: Iterable[tuple[str, int]], sign: int = 1) -> None:
        """Add amounts, or with sign -1 take them back."""
        if minute < self._first:
            return
        at = self._minutes.get(minute)
        if at is None:
            at = self._minutes[minute] = _Minute({})
        sums = at.places.setdefault(place, {})
        for name, number in amounts:
            sums[name] = sums.get(name, 0) + sign * number
        at.changes += 1
        self.places.add(place)

    def forget_before(self, minute: int) -> None:
        """Drop older minutes, now and in future."""
        self._first = max(self._first, minute)
        for old in [each for each in self._minutes if each < minute]:
            del self._minutes[old]
        for summed in self._summed.values():
            for old in [each for each in summed if each < minute]:
                del summed[old]
        self.places = {place for at in self._minutes.values() for place in at.places}

    def under(self, where: Filter) -> Minutes:
        """The sums by minute and institution; not to be changed."""
        summed = self._summed.setdefault(where, {})
        self._summed.move_to_end(where)
        if len(self._summed) > _FILTERS:
            self._summed.popitem(last=False)
        for minute, at in self._minutes.items():
            known = summed.get(minute)
            if known is None or known[0] != at.changes:
                summed[minute] = at.changes, _sum_up(at.places, where)
        return {minute: summed[minute][1] for minute in sorted(summed)}


def _sum_up(places: Mapping[Place, Sums], where: Filter) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for place, sums in places.items():
        if where.takes(place):
            into = found.setdefault(place.institution, {})
            for name, number in sums.items():
                into[name] = into.get(name, 0) + number
    return found


def total(minutes: Minutes, first: int, last: int) -> dict[str, Sums]:
    """Sums by institution over minutes from first to last, both of them included."""
    found: dict[str, Sums] = {}
    for minute, institutions in minutes.items():
        if first <= minute <= last:
            for institution, sums in institutions.items():
                into = found.setdefault(institution, {})
                for name, number in sums.items():
                    into[name] = into.get(name, 0) + number
    return found
