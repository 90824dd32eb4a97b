"""JSON that strict readers refuse as a whole: half a character, a number without end or a thousand brackets are in it.

JSON.stringify writes as much for an emoji that was cut in two; what stands beside it is none the worse for it.
"""

import json
import re
from math import isfinite
from typing import Any, Final, NoReturn

import orjson
from msgspec import Struct

HALF: Final = "half a character (a lone surrogate) in the name of a field"
_ENDLESS: Final = object()
_NEVER_READ: Final = "1e999"
_DEEPEST: Final = 200
"""Brackets within brackets. Python's readers take less than a thousand, as deep in the stack as they are, and orjson
writes 254."""
_RUN: Final = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+(?:([\[{]++)|([\]}]++))', re.DOTALL)
"""All up to the next brackets outside of texts, and these, which either open or close."""
_RUNS: Final = 30_000
"""A microsecond each; 500 events of Flinks have some thousands."""


class Broken(Struct):
    """Stands for an event that holds such a thing."""

    id: Any


def read_leniently(body: bytes) -> Any:
    """A body's JSON. Texts may hold half characters.

    For numbers without end, and for what is nested too deeply, stands what JSON does not have.

    Raises:
        ValueError: it is not JSON in UTF-8.
        RecursionError: it is nested too deeply, and so much of it that to look for the places would take too long.
    """
    text = body.decode()
    try:
        return _read(text)
    except RecursionError:
        return _read(_shallow(text))


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


def _read(text: str) -> Any:
    return json.loads(text, parse_float=_float, parse_constant=_refuse)


def _shallow(text: str) -> str:
    """The same with a number without end in place of each value that is nested too deeply."""
    kept: list[str] = []
    depth = at = from_ = to = 0
    for _ in range(_RUNS):
        run = _RUN.match(text, at)
        if run is None:
            break
        before, start, at = depth, run.start(1), run.end()
        if start < 0:
            depth -= at - run.start(2)
            if depth <= _DEEPEST < before:
                kept += text[from_:to], _NEVER_READ
                from_ = at - (_DEEPEST - depth)
        else:
            depth += at - start
            if before <= _DEEPEST < depth:
                to = start + _DEEPEST - before
    return "".join([*kept, text[from_:]])


def _float(text: str) -> Any:
    value = float(text)
    return value if isfinite(value) else _ENDLESS


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
