"""A request that is refused, and how that is told."""

from typing import Final, Literal

import orjson

ErrorName = Literal[
    "bad_request",
    "unknown_key",
    "origin_not_allowed",
    "bad_signature",
    "not_found",
    "method_not_allowed",
    "too_slow",
    "too_large",
    "wrong_content",
    "too_many_requests",
    "unavailable",
    "internal",
]

STATUS: Final[dict[ErrorName, int]] = {
    "bad_request": 400,
    "unknown_key": 401,
    "bad_signature": 401,
    "origin_not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "too_large": 413,
    "wrong_content": 415,
    "too_many_requests": 429,
    "internal": 500,
    "unavailable": 503,
}


class Problem(Exception):  # noqa: N818  # nothing is wrong here: it is an answer
    """Ends a request with an answer other than 2xx.

    Attributes:
        name: For machines; the answer's `error` and a label of the metrics.
        detail: For whoever sent it; shows nothing of what was sent.
        retry_after_s: When to try again, of 429 and 503.
    """

    def __init__(self, name: ErrorName, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(name, detail)
        self.name: ErrorName = name
        self.detail = detail
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        return STATUS[self.name]

    def body(self) -> bytes:
        return orjson.dumps({"v": 1, "error": self.name, "detail": self.detail})
