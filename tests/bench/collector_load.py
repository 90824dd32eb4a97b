"""Requests of five events to a server, from a process of its own, as cheaply as Python can.

    python -m tests.bench.collector_load PORT PID CONNECTIONS SECONDS [RATE]

Without RATE each connection sends its next request when it has the answer to the last. With RATE requests become due
at that rate whatever the server does: those that find no free connection wait, and their wait counts. Prints JSON:
{"seconds", "cpu_s" of the process PID, "answers": {status: n}, "p50_ms", "p99_ms", "most_ms", "lag_p99_ms", "late",
"broken"}; the times are those of answers with status 200, from when the request was due, and the lag is this program's
own: how late it woke up.
"""

import asyncio
import itertools
import json
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from typing import cast

import uvloop

from tests.collector.doors import ORIGIN, WRITE_KEY

CLOCK = "%Y-%m-%dT%H:%M:%S"
NOW = "2026-01-01T00:00:00"
"""Stands for the second in which a request is sent: browsers' clocks are right."""
VISITS = 5_000
BATCHES = 4
"""Of each visit, one after the other."""
AGAIN_S = 0.05
PAUSE_S = 0.002
SETTLE_S = 0.3
"""Connections are made before the measurement."""
STEPS = (
    "COMPONENT_LOAD_INSTITUTION_SELECTOR",
    "INSTITUTION_SELECTED",
    "COMPONENT_LOAD_CREDENTIAL",
    "SUBMIT_CREDENTIAL",
    "COMPONENT_LOAD_MFA",
)


def requests() -> Iterator[bytes]:
    """What a browser sends, again and again; ids repeat only after some ten thousand requests."""
    made = []
    for _ in range(VISITS):
        visit = str(uuid.uuid4())
        for part in range(BATCHES):
            events = [
                {
                    "id": str(uuid.uuid4()),
                    "at": f"{NOW}.{place:03}Z",
                    "seq": part * len(STEPS) + place,
                    "data": {"step": step, "institution": "RBC"} | ({"mfaTypes": ["SMS"]} if place == 4 else {}),
                }
                for place, step in enumerate(STEPS)
            ]
            body = {"v": 1, "key": WRITE_KEY, "connect_session_id": visit, "sent_at": f"{NOW}.500Z"}
            whole = body | {"listener": "1", "release": "7.1", "events": events}
            made.append(_request(json.dumps(whole, separators=(",", ":")).encode()).split(NOW.encode()))
    return (time.strftime(CLOCK, time.gmtime()).encode().join(parts) for parts in itertools.cycle(made))


def _request(body: bytes) -> bytes:
    return (
        b"POST /v1/events HTTP/1.1\r\nHost: collect.example.com\r\nConnection: keep-alive\r\n"
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 "
        b"Safari/537.36\r\nContent-Type: text/plain\r\nAccept: */*\r\nOrigin: %s\r\nSec-Fetch-Site: cross-site\r\n"
        b"Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: %s/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
        b"Accept-Language: en-CA,en;q=0.9\r\nContent-Length: %d\r\n\r\n"
    ) % (ORIGIN.encode(), ORIGIN.encode(), len(body)) + body


class Load:
    """All connections together."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests = requests()
        self.answers: Counter[int] = Counter()
        self.waited_s: list[float] = []
        self.broken = 0
        self.lag_s: list[float] = []
        self.paced = False
        self.stopped = False
        self.free: deque[Connection] = deque()
        self.due: deque[float] = deque()

    def ready(self, connection: "Connection") -> None:
        """The connection has no request on its way."""
        if self.stopped:
            return
        if not self.paced:
            connection.send(time.monotonic())
        elif self.due:
            connection.send(self.due.popleft())
        else:
            self.free.append(connection)

    async def pace(self, rate: float, seconds: float) -> None:
        """Make requests due at a rate."""
        began = time.monotonic()
        made = 0
        while (now := time.monotonic()) < began + seconds:
            while made < rate * (now - began):
                made += 1
                while self.free and self.free[-1].transport.is_closing():
                    self.free.pop()
                if self.free:
                    self.free.pop().send(now)
                else:
                    self.due.append(now)
            await asyncio.sleep(PAUSE_S)
            self.lag_s.append(time.monotonic() - now - PAUSE_S)

    async def connect(self) -> None:
        while not self.stopped:
            try:
                await asyncio.get_running_loop().create_connection(lambda: Connection(self), "127.0.0.1", self.port)
            except OSError:
                self.broken += 1
                await asyncio.sleep(AGAIN_S)
            else:
                return


class Connection(asyncio.Protocol):
    """One request at a time; a connection that the server closes is replaced."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.transport: asyncio.Transport
        self.sent_s: float | None = None
        self.head = b""
        self.missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.load.ready(self)

    def send(self, due_s: float) -> None:
        self.sent_s = due_s
        self.transport.write(next(self.load.requests))

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            self.head += data
            head, end, body = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            self.head = b""
            status = int(head[9:12])
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.missing = length - len(body)
            self.load.answers[status] += 1
            if status == 200 and self.sent_s is not None:
                self.load.waited_s.append(time.monotonic() - self.sent_s)
            self.sent_s = None
            if b"connection: close" in head.lower():
                self.transport.close()
        else:
            self.missing -= len(data)
        if self.missing <= 0:
            self.missing = 0
            if not self.transport.is_closing():
                asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        if not self.transport.is_closing():
            self.load.ready(self)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.load.broken += self.sent_s is not None
        if not self.load.stopped:
            asyncio.get_running_loop().call_later(AGAIN_S, lambda: asyncio.ensure_future(self.load.connect()))


async def run(port: int, pid: int, connections: int, seconds: float, rate: float | None) -> dict[str, object]:
    load = Load(port)
    clock = ~pid << 3 | 2  # the kernel's name for it, as clock_getcpuclockid(3) makes it
    load.paced = rate is not None
    await asyncio.gather(*(load.connect() for _ in range(connections)))
    await asyncio.sleep(SETTLE_S)
    before_s = time.clock_gettime(clock)
    began = time.monotonic()
    load.answers.clear()
    load.waited_s.clear()
    if rate is None:
        await asyncio.sleep(seconds)
    else:
        await load.pace(rate, seconds)
    took = time.monotonic() - began
    cpu_s = time.clock_gettime(clock) - before_s
    load.stopped = True
    waited, lag = sorted(load.waited_s) or [0.0], sorted(load.lag_s) or [0.0]
    return {
        "seconds": took,
        "cpu_s": cpu_s,
        "answers": dict(load.answers),
        "p50_ms": waited[len(waited) // 2] * 1000,
        "p99_ms": waited[len(waited) * 99 // 100] * 1000,
        "most_ms": waited[-1] * 1000,
        "lag_p99_ms": lag[len(lag) * 99 // 100] * 1000,
        "late": len(load.due),
        "broken": load.broken,
    }


if __name__ == "__main__":
    port, pid, connections, seconds, *rate = sys.argv[1:]
    due = float(rate[0]) if rate else None
    print(json.dumps(uvloop.run(run(int(port), int(pid), int(connections), float(seconds), due))))
