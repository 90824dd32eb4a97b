"""The body of POST /v1/api-events."""

from contextlib import suppress
from typing import Any, Literal

import msgspec
import orjson
from msgspec import Struct

from pipeline.collector.batch import NOT_JSON, wrong
from pipeline.collector.browser import require_id
from pipeline.collector.lenient import HALF, read_leniently
from pipeline.collector.problem import Problem
from pipeline.collector.skew import corrected
from pipeline.flinks.event import Unusable


class RawAnswer(Struct):
    """One answer of the API, and what the backend knows of it."""

    id: str
    data: Any
    at: str | None = None
    endpoint: str | None = None
    request_id: str | None = None
    http_status: int | None = None


class RawAnswers(Struct):
    """A request's answers."""

    v: Literal[1]
    events: list[Any]
    sent_at: str | None = None


def parsed(body: bytes) -> Any:
    """A body's JSON, also with what is broken in texts that are dropped anyway; raises Problem."""
    with suppress(ValueError):
        return orjson.loads(body)
    try:
        return read_leniently(body)
    except (ValueError, RecursionError):
        raise Problem("bad_request", NOT_JSON) from None


def read_answered(one: Any, behind_ms: int, received_ms: int) -> tuple[RawAnswer, str | None]:
    """An answer and its time in our time; raises Unusable."""
    try:
        answered = msgspec.convert(one, RawAnswer)
    except msgspec.ValidationError as error:
        missing = isinstance(one, dict) and not {"id", "data"} <= one.keys()
        raise Unusable("missing_field" if missing else "wrong_type", wrong(error)) from None
    except UnicodeEncodeError:
        raise Unusable("not_json", HALF) from None
    require_id(answered.id)
    if answered.at is None:
        return answered, None
    try:
        return answered, corrected(answered.at, behind_ms, received_ms)
    except ValueError as error:
        raise Unusable("wrong_type", f"at: {error}") from None
