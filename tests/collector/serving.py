"""A server of the collector's without Kafka, for raw bytes on sockets."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import uvloop

from pipeline.collector.counts import Counts
from pipeline.collector.exchange import Request, Response
from pipeline.collector.keys import Keys
from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.router import Router
from pipeline.collector.server import Server
from pipeline.collector.settings import Limits

LIMITS = Limits(idle_s=1.0, header_bytes=2_000, connections=30, requests=4, body_bytes=10_000)
HASTY = replace(LIMITS, header_s=0.6, body_s=1.0)
"""Where it is seen that time runs out; elsewhere a busy machine may take its own."""
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
PATIENCE_S = 60.0
MOST_BYTES = 1_000_000


@dataclass
class Behind:
    """What a door's answers wait for."""

    s: float = 0.0


@dataclass
class Served:
    server: Server
    counts: Counts
    loop: asyncio.AbstractEventLoop
    release: asyncio.Event
    behind: Behind
    budget: MemoryBudget

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S)


@contextmanager
def serving(limits: Limits = LIMITS) -> Iterator[Served]:
    """A door that tells how long the body is, and answers /wait only when it is told to, and /large at length."""
    started: list[Served] = []
    ready, stop = threading.Event(), threading.Event()

    async def live() -> None:
        counts, release = Counts(), asyncio.Event()

        async def size(request: Request) -> Response:
            body = await request.body(LIMITS.body_bytes)
            if request.path == "/wait":
                await release.wait()
            return Response(200, b"%d" % len(body) if request.path != "/large" else b"x" * 100_000)

        routes = dict.fromkeys(("/", "/wait", "/large"), ("POST", "other", size))
        budget = MemoryBudget(MOST_BYTES)
        router = Router(routes, Keys(), budget, counts, "")
        behind = Behind()
        server = Server(router, host="127.0.0.1", port=0, limits=limits, counts=counts, behind_s=lambda: behind.s)
        await server.start()
        started.append(Served(server, counts, asyncio.get_running_loop(), release, behind, budget))
        ready.set()
        await asyncio.to_thread(stop.wait)
        await server.drain(3.0)

    thread = threading.Thread(target=lambda: uvloop.run(live()), daemon=True)  # as in production
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield started[0]
    finally:
        stop.set()
        thread.join(PATIENCE_S)


def all_of(connection: socket.socket) -> bytes:
    """Until the server closes."""
    found = b""
    with connection, suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            found += part
    return found


def until(connection: socket.socket, end: bytes | tuple[bytes, ...]) -> bytes:
    """Up to this end, or one of these; raises when none comes."""
    found = b""
    while not found.endswith(end):
        part = connection.recv(65_536)
        assert part, found
        found += part
    return found


def eventually(true: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
