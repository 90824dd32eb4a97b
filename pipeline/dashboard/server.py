"""The page's HTTP server."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Self

import orjson
from aiohttp import web

from pipeline.dashboard.access import Access
from pipeline.dashboard.files import page_files
from pipeline.dashboard.headers import add_headers
from pipeline.dashboard.hub import CrowdedError, Hub, updates
from pipeline.dashboard.login import login_routes
from pipeline.dashboard.minutes import Filter
from pipeline.dashboard.search import Search, SearchError
from pipeline.dashboard.timeouts import IDLE_S, body_in_time, drop_when_gone

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OPEN: Final = frozenset({"/login", "/login.js", "/page.css", "/icon.svg"})
"""What the form for logging in needs."""
RETRY: Final = b"retry: 1000\n\n"
"""A page that lost its server looks for it every second."""
_BODY_BYTES: Final = 4_096
_FILTER_CHARACTERS: Final = 128


class PageServer:
    """Serves the page, its updates and the search."""

    def __init__(self, hub: Hub, search: Search, access: Access, *, host: str, port: int) -> None:
        """Port 0 takes a free one; see `port` after the start."""
        self.host = host
        self.port = port
        self._hub = hub
        self._search = search
        self._access = access
        self._files = page_files()
        app = web.Application(middlewares=[self._guard], client_max_size=_BODY_BYTES)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/stream", self._stream),
                web.post("/session", self._session),
                web.get("/login", self._login_form),
                *login_routes(access),
                web.get(r"/{name:[a-z_]+\.(?:js|css|svg)}", self._file),
            ]
        )
        app.on_response_prepare.append(add_headers)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True, keepalive_timeout=IDLE_S
        )

    async def start(self) -> Self:
        """Listen.

        Raises:
            OSError: the port is taken, or the address is not this machine's.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self.host, self.port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = int(self._runner.addresses[0][1])
        return self

    async def stop(self) -> None:
        """End, with all pages' streams."""
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where a person on this machine finds it."""
        host = "localhost" if self.host in {"", "0.0.0.0", "127.0.0.1", "::", "::1"} else self.host  # noqa: S104
        return f"http://{host}:{self.port}/"

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        drop_when_gone(request)
        if self._access.allows(request) or (self._access.by_token and request.path in _OPEN):
            return await handler(request)
        if self._access.by_token and request.path == "/":
            raise web.HTTPSeeOther("login")
        raise (
            web.HTTPUnauthorized(text="Log in first.\n")
            if self._access.by_token
            else web.HTTPForbidden(text="This page is for others.\n")
        )

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return self._send(request, "page.html")

    async def _login_form(self, request: web.Request) -> web.StreamResponse:
        return self._send(request, "login.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._send(request, request.match_info["name"])

    def _send(self, request: web.Request, name: str) -> web.Response:
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound
        headers = {"ETag": f'"{file.etag}"', "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, content_type=file.content_type, charset="utf-8", headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        asked = {name: request.query.get(name) or None for name in ("app", "platform", "release")}
        if any(value is not None and len(value) > _FILTER_CHARACTERS for value in asked.values()):
            raise web.HTTPBadRequest
        response = web.StreamResponse(
            # A proxy is not to keep updates until there are more of them.
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        try:
            with self._hub.watch(Filter(**asked)) as view, suppress(ConnectionError):
                await response.prepare(request)
                if request.method == "HEAD":  # by which a page asks why it gets no stream
                    return response
                await response.write(RETRY)
                async for update in updates(view):
                    if not self._access.allows(request):  # what it was let in with has expired
                        break
                    await response.write(b"data: %b\n\n" % update)
        except CrowdedError as error:
            raise web.HTTPServiceUnavailable(text=f"{error}\n") from None
        return response

    async def _session(self, request: web.Request) -> web.Response:
        """Of JSON only: a form on another site can not send it."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            async with body_in_time():
                wanted = orjson.loads(await request.read())["id"].strip()
        except (orjson.JSONDecodeError, web.RequestPayloadError, KeyError, TypeError, AttributeError):
            raise web.HTTPBadRequest from None
        try:
            found = await self._search.find(wanted)
        except SearchError as error:
            found = {"problem": str(error)}
        return _json(found)


def _json(body: object) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=orjson.dumps(body), content_type="application/json", headers=headers)
