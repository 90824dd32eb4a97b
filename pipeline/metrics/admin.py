"""The admin port: /metrics for Prometheus, /healthz and /readyz for whoever runs the process."""

from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

Unready = Callable[[], Awaitable[str | None]]
"""Why the process is not ready to work, or None when it is."""


class AdminServer:
    """An HTTP server in the event loop of the process, so that an answer also means: the loop turns.

    /healthz answers 200 while the process lives. /readyz answers 200 or, with the reason, 503.
    """

    def __init__(self, registry: CollectorRegistry, unready: Unready, *, host: str, port: int) -> None:
        """Port 0 takes a free one; see `port` after the start."""
        self.host = host
        self.port = port
        self._registry = registry
        self._unready = unready
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> Self:
        """Listen.

        Raises:
            OSError: the port is taken, or the address is not this machine's.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = int(self._runner.addresses[0][1])
        return self

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where a person on this machine finds it."""
        host = "localhost" if self.host in {"", "0.0.0.0", "127.0.0.1", "::"} else self.host  # noqa: S104  # compared
        return f"http://{host}:{self.port}"

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        reason = await self._unready()
        if reason is None:
            return web.Response(text="ready\n")
        return web.Response(text=f"{reason}\n", status=503)
