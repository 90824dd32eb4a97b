"""What the sessions of a visit come to together, whatever their times; found in a cache like their scripts."""

from functools import lru_cache
from typing import Final

import orjson
from msgspec import Struct

from pipeline.flinks.catalogue import STAGES
from pipeline.sessions.script import Outcome, Script

_CACHED_JOURNEYS: Final = 4_096


class Journey(Struct, eq=False, gc=False):
    """Of a visit that has a connect session."""

    said: str
    """What the visit's result says of it, as JSON fields."""
    outcome: Outcome
    """Of the connect session that started last."""
    converted: bool
    """Any of its connect sessions was completed."""
    retried: bool
    """It had more than one attempt."""


@lru_cache(_CACHED_JOURNEYS)
def journey_of(scripts: tuple[Script, ...]) -> Journey | None:
    """The journey of a visit whose sessions have these scripts, in order of start; None if the browser had no part."""
    connects = [script for script in scripts if script.connect]
    if not connects:
        return None
    last = connects[-1]
    attempts = sum(script.attempts for script in connects)
    furthest = max(script.furthest_stage for script in connects)
    fields = {
        "converted": any(script.outcome == "completed" for script in connects),
        "attempts": attempts,
        "furthest_stage": STAGES[furthest] if furthest >= 0 else None,
        "outcome": last.outcome,
        "failure_code": last.failure_code,
        "failure_class": last.failure_class,
    }
    said = orjson.dumps(fields).decode()[1:-1]
    return Journey(said, last.outcome, converted=bool(fields["converted"]), retried=attempts > 1)
