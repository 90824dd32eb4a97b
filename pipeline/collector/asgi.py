"""The little of ASGI that is used: a request's headers and body, and an answer."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from pipeline.collector.problem import Problem
from pipeline.collector.room import Room

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]


class Gone(Exception):  # noqa: N818  # nobody is left to whom an error could be told
    """The sender has hung up."""


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"application/json"


class Request:
    """One HTTP request. Its body takes room until `end`."""

    __slots__ = ("_receive", "_room", "_taken", "headers", "method", "path", "peer", "scheme")

    def __init__(self, scope: Scope, receive: Receive, room: Room) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.scheme: str = scope["scheme"]
        client = scope["client"]
        self.peer: str = client[0] if client else ""
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self._room = room
        self._taken = 0

    async def body(self, most_bytes: int) -> bytes:
        """The whole body.

        Raises:
            Problem: it is larger, packed in any way, or there is no room for it.
            Gone: it ended in the middle.
        """
        # A packed body of some kB may unpack to any size, and no sender of ours packs.
        if self.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Problem("wrong_content", "Content-Encoding is not supported: send the body as it is")
        told = self.headers.get(b"content-length", b"")
        if told.isdigit():
            self._take(int(told), most_bytes)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Gone
            part = message["body"]
            size += len(part)
            if size > self._taken:
                self._take(size, most_bytes)
            parts.append(part)
            if not message["more_body"]:
                return part if len(parts) == 1 else b"".join(parts)

    def end(self) -> None:
        """Its body is no longer held."""
        self._room.give(self._taken)
        self._taken = 0

    def _take(self, size: int, most_bytes: int) -> None:
        if size > most_bytes:
            raise Problem("too_large", f"the body has more than {most_bytes} bytes")
        self._room.take(size - self._taken)
        self._taken = size
