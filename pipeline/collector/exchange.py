"""A request's headers and body as the server has them, and its answer, which is written in one piece.

This goes past ASGI's messages: to be asked for a body that is there already, and to have every header looked at again,
costs more than reading five events.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.problem import Problem

Headers = tuple[tuple[bytes, bytes], ...]

_WITHOUT_BODY: Final = frozenset({204, 304})


class Gone(Exception):  # noqa: N818  # nobody is left to whom an error could be told
    """The sender has hung up."""


@dataclass(slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: Headers = ()
    content_type: bytes = b"application/json"


class Request:
    """One HTTP request. Its body takes room until `end`."""

    __slots__ = ("_budget", "_cycle", "_taken", "headers", "method", "path")

    def __init__(self, cycle: RequestResponseCycle, budget: MemoryBudget) -> None:
        scope = cycle.scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self._cycle = cycle
        self._budget = budget
        self._taken = 0

    @property
    def scheme(self) -> str:
        return self._cycle.scope["scheme"]

    @property
    def peer(self) -> str:
        """The address at the other end of the connection."""
        client = self._cycle.scope["client"]
        return client[0] if client else ""

    def listed(self, name: bytes) -> bytes | None:
        """A header that is a list, of which each proxy may have added a line of its own; `headers` has the last."""
        lines = [value for told, value in self._cycle.scope["headers"] if told == name]
        return b",".join(lines) if lines else None

    async def body(self, most_bytes: int) -> bytes:
        """The whole body.

        Raises:
            Problem: it is larger, packed in any way, or there is no room for it.
            Gone: it ended in the middle.
        """
        # A packed body of some kB may unpack to any size, and no sender of ours packs.
        if self.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Problem("wrong_content", "Content-Encoding is not supported: send the body as it is")
        cycle = self._cycle
        if cycle.disconnected:
            raise Gone
        if not cycle.more_body:
            self._take(len(cycle.body), most_bytes)
            whole, cycle.body = bytes(cycle.body), bytearray()
            return whole
        told = self.headers.get(b"content-length", b"")
        if told.isdigit() and int(told) > most_bytes:
            raise _too_large(most_bytes)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await cycle.receive()
            if message["type"] != "http.request":
                raise Gone
            size += len(message["body"])
            # What has come takes room, not what is announced: that costs nothing, and would keep everybody out.
            self._take(size, most_bytes)
            parts.append(message["body"])
            if not message["more_body"]:
                return b"".join(parts)

    async def answer(self, answer: Response, others: Headers = ()) -> None:
        """Write it with other headers beside its own, unless the sender has gone."""
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected or cycle.transport.is_closing():
            return
        status, body = answer.status, answer.body
        head = _head(status, (*answer.headers, *others), answer.content_type, cycle.keep_alive)
        if status not in _WITHOUT_BODY:
            head += b"content-length: %d\r\n" % len(body)
        cycle.waiting_for_100_continue = False
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"%s\r\n%s" % (head, b"" if self.method == "HEAD" else body))
        if not cycle.keep_alive:
            # Who is cut off while he speaks does not hear the answer.
            cycle.transport.write_eof() if cycle.more_body else cycle.transport.close()
        cycle.on_response()

    def end(self) -> None:
        """Its body is no longer held."""
        self._budget.give(self._taken)
        self._taken = 0

    def _take(self, size: int, most_bytes: int) -> None:
        if size > most_bytes:
            raise _too_large(most_bytes)
        self._budget.take(size - self._taken)
        self._taken = size


def _too_large(most_bytes: int) -> Problem:
    return Problem("too_large", f"the body has more than {most_bytes} bytes")


@lru_cache(1_000)
def _head(status: int, headers: Headers, content_type: bytes, keep_alive: bool) -> bytes:
    """All of the head but the length. Origins stand in it, which are the apps' own, and nothing else of a sender's."""
    lines = [*headers, *([] if status in _WITHOUT_BODY else [(b"content-type", content_type)])]
    if not keep_alive:
        lines.append((b"connection", b"close"))
    return STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % line for line in lines)
