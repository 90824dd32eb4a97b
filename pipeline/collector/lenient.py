"""JSON that strict readers refuse as a whole, because one event holds half a character or a number without end.

JSON.stringify writes as much for an emoji that was cut in two; the other events are none the worse for it.
"""

import json
from math import isfinite
from typing import Any, Final, NoReturn

import orjson
from msgspec import Struct

from pipeline.flinks.event import Unusable

_ENDLESS: Final = object()


class Broken(Struct):
    """Stands for an event that holds such a thing."""

    id: Any

    @property
    def verdict(self) -> Unusable:
        return Unusable("not_json", "half a character (a lone surrogate), too large a number, or nested too deeply")


def read_leniently(body: bytes, most_events: int) -> Any:
    """A body's JSON, of whose `events` those are `Broken` that could not be written again.

    Too many, which are refused anyway, are not looked at.

    Raises:
        ValueError: it is not JSON in UTF-8, or what is broken is not an event.
        RecursionError: it is nested too deeply.
    """
    found = json.loads(body.decode(), parse_float=_float, parse_constant=_refuse)
    events = found.get("events") if isinstance(found, dict) else None
    if not isinstance(events, list):
        return _require_whole(found)
    if len(events) > most_events:
        return found
    return _require_whole(found | {"events": []}) | {"events": [_judged(one) for one in events]}


def _judged(one: Any) -> Any:
    try:
        return _require_whole(one)
    except ValueError:
        return Broken(one.get("id") if isinstance(one, dict) else None)


def _require_whole(value: Any) -> Any:
    try:
        orjson.dumps(value)
    except TypeError:
        raise ValueError("broken") from None
    return value


def _float(text: str) -> Any:
    value = float(text)
    return value if isfinite(value) else _ENDLESS


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
