"""JSON that strict readers refuse as a whole, because one event holds half a character or a number without end.

JSON.stringify writes as much for an emoji that was cut in two; the other events are none the worse for it.
"""

import json
from typing import Any, Final, NoReturn

from msgspec import Struct

from pipeline.flinks.event import Unusable

_DIGITS: Final = 300
"""Whole numbers that are longer are read as endless ones, not in quadratic time."""


class Broken(Struct):
    """Stands for an event that holds such a thing."""

    id: Any

    @property
    def verdict(self) -> Unusable:
        return Unusable("not_json", "it holds half a character (a lone surrogate), or a number that is too large")


def read_leniently(body: bytes) -> Any:
    """A body's JSON, of whose `events` those are `Broken` that could not be written again.

    Raises:
        ValueError: it is not JSON in UTF-8, or what is broken is not an event.
        RecursionError: it is nested too deeply.
    """
    found = json.loads(body.decode(), parse_constant=_refuse, parse_int=_whole)
    events = found.get("events") if isinstance(found, dict) else None
    if not isinstance(events, list):
        _write(found)
        return found
    _write(found | {"events": []})
    return found | {"events": [_judged(one) for one in events]}


def _judged(one: Any) -> Any:
    try:
        _write(one)
    except ValueError:
        return Broken(one.get("id") if isinstance(one, dict) else None)
    return one


def _write(value: Any) -> None:
    """Raises ValueError for what no JSON in UTF-8 can say."""
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= _DIGITS else float("inf")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
