"""JSON that strict readers refuse as a whole, because half a character or a number without end stands in it.

JSON.stringify writes as much for an emoji that was cut in two; what stands beside it is none the worse for it.
"""

import json
from math import isfinite
from typing import Any, Final, NoReturn

import orjson
from msgspec import Struct

HALF: Final = "half a character (a lone surrogate) in the name of a field"
_ENDLESS: Final = object()


class Broken(Struct):
    """Stands for an event that holds such a thing."""

    id: Any


def read_leniently(body: bytes) -> Any:
    """A body's JSON. Texts may hold half characters, and for numbers without end stands what is no number.

    Raises:
        ValueError: it is not JSON in UTF-8.
        RecursionError: it is nested too deeply.
    """
    return json.loads(body.decode(), parse_float=_float, parse_constant=_refuse)


def with_broken(found: Any, most_events: int) -> Any:
    """The same with `Broken` for each of its `events` that could not be written again.

    Too many, which are refused anyway, are not looked at.

    Raises:
        ValueError: what is broken is not an event.
    """
    events = found.get("events") if isinstance(found, dict) else None
    if not isinstance(events, list) or len(events) > most_events:
        return found
    if not _is_whole(found | {"events": []}):
        raise ValueError("what is broken is not an event")
    return found | {"events": [one if _is_whole(one) else _broken(one) for one in events]}


def _broken(one: Any) -> Broken:
    return Broken(one.get("id") if isinstance(one, dict) else None)


def _is_whole(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def _float(text: str) -> Any:
    value = float(text)
    return value if isfinite(value) else _ENDLESS


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
