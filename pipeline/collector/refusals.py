"""Answers to requests that do not come as far as the application, as bytes."""

from typing import Final

from pipeline.collector.problem import Problem

RETRY_S: Final = 2


def _raw(status: str, problem: Problem, *, close: bool = True) -> bytes:
    """An answer to requests that do not come as far as the application."""
    body = problem.body()
    closing = "connection: close\r\n" if close else ""
    retry = f"retry-after: {problem.retry_after_s}\r\n" if problem.retry_after_s is not None else ""
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        # Pages must be able to read when to try again. There is nothing in it that is not for everybody.
        "access-control-allow-origin: *\r\naccess-control-expose-headers: retry-after\r\n"
        f"{retry}{closing}\r\n"
    )
    return head.encode() + body


BAD: Final = _raw("400 Bad Request", Problem("bad_request", "this is not HTTP"))
TUNNEL: Final = _raw("400 Bad Request", Problem("bad_request", "this is no proxy: send no CONNECT"))
SLOW: Final = _raw("408 Request Timeout", Problem("too_slow", "the request did not come in time"))
LONG: Final = _raw("431 Request Header Fields Too Large", Problem("too_large", "the headers are too long"))
_TOO_MANY: Final = Problem("unavailable", "too many requests at a time", retry_after_s=RETRY_S)
FULL: Final = _raw("503 Service Unavailable", _TOO_MANY)
BUSY: Final = _raw("503 Service Unavailable", _TOO_MANY, close=False)
