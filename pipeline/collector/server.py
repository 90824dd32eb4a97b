"""The HTTP server: uvicorn's protocol in an event loop that is ours."""

import asyncio
import logging
from collections.abc import Callable
from typing import Self

from uvicorn._types import ASGI3Application
from uvicorn.server import ServerState

from pipeline.collector.connection import Connection, uvicorn_config
from pipeline.collector.counts import Counts
from pipeline.collector.guard import Guard
from pipeline.collector.router import Router
from pipeline.collector.settings import Limits

SWEEP_S = 0.5
TICK_S = 0.05
LOOK_S = 0.02
BACKLOG = 2048


class Server:
    """Serves a router's endpoints, or an ASGI application, on one port."""

    def __init__(
        self,
        app: Router | ASGI3Application,
        *,
        host: str,
        port: int,
        limits: Limits,
        counts: Counts,
        behind_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Port 0 takes a free one; see `port` after the start. `behind_s`: how long answers wait for others."""
        self._behind_s = behind_s
        self.host = host
        self.port = port
        self.guard = Guard(limits, counts)
        self._state = ServerState()
        self._router = app if isinstance(app, Router) else None
        self._config = uvicorn_config(app)
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.Task[None] | None = None
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)

    async def start(self) -> Self:
        """Listen.

        Raises:
            OSError: the port is taken, or the address is not this machine's.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._config, self._state, self.guard, self._router),
            self.host,
            self.port,
            backlog=BACKLOG,
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._sweeping = asyncio.create_task(self._sweep())
        return self

    @property
    def working(self) -> int:
        """Requests that are worked on."""
        return len(self._state.tasks)

    async def drain(self, within_s: float) -> int:
        """Take no more, and finish what was accepted; returns how many requests were left after so long."""
        self.guard.draining = True
        if self._server is not None:
            self._server.close()
        for protocol in list(self.guard.protocols):
            protocol.shutdown()
        end = asyncio.get_running_loop().time() + within_s
        while (self._state.tasks or self._speaking) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
        left = len(self._state.tasks)
        for protocol in list(self.guard.protocols):
            protocol.transport.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()
        return left

    @property
    def _speaking(self) -> bool:
        """Whether an answer is still on its way out."""
        return any(
            not protocol.transport.is_closing() or protocol.transport.get_write_buffer_size()
            for protocol in self.guard.protocols
        )

    async def _sweep(self) -> None:
        """Keep the guard's time."""
        loop = asyncio.get_running_loop()
        now = swept = loop.time()
        while True:
            await asyncio.sleep(TICK_S)
            late_s = loop.time() - now - TICK_S  # and so late is everything else that was to be done
            now = loop.time()
            self.guard.admission.look(late_s + self._behind_s(), self.working - len(self.guard.reading))
            if now - swept >= SWEEP_S:
                self.guard.sweep(now)
                swept = now
