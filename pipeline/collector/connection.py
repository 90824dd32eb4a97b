"""uvicorn's HTTP protocol with what it lacks at an open door: time limits, a limit of headers, and shedding load.

One sweep a second over all connections keeps the time: a timer of its own for each request would cost more than
reading its headers.
"""

import asyncio
from itertools import chain
from typing import Any, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from pipeline.collector.guard import Guard
from pipeline.collector.refusals import BAD, BUSY, FULL, LONG, SLOW, TUNNEL
from pipeline.collector.router import Router

_CHUNK: Final = 7
"""A byte of a body may take so many, where it is a chunk of its own."""
LINGER_S: Final = 2.0
"""What a refused sender still sends is dropped for so long: to close at once would take the answer from him."""


class Connection(HttpToolsProtocol):
    """One connection."""

    def __init__(self, config: Config, server_state: ServerState, guard: Guard, router: Router | None = None) -> None:
        """Without a router, requests are for the configuration's ASGI application."""
        super().__init__(config, server_state, {})
        self._guard = guard
        self._router = router
        self._since_s = 0.0
        """When what is waited for began: a request's headers, its body, or the next request."""
        self._phase = "idle"
        self._head_bytes = 0
        self._spare_bytes = 0
        """So many may still come with the body and not be it: chunks' sizes, what stands beside them, trailers."""
        self._refused = False
        self._last_words = b""
        """The refusal, while answers to requests before it are still to come."""
        self._paused_s = 0.0
        """When what is written began to be more than the sender takes."""
        self._shedding = False
        """The rest of a request that was refused is read and dropped."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        guard = self._guard
        guard.protocols.add(self)
        self._since_s = self.loop.time()
        if len(guard.protocols) > guard.limits.connections or guard.draining:
            self._refuse(FULL, "unavailable", 503)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own signature
        """The sender has ended; True: the connection stays, for he still waits for an answer."""
        return bool(self._last_words) or (self._phase == "answer" and not self._refused)

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.protocols.discard(self)
        self._guard.reading.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._phase == "body":
            self._spare_bytes -= len(data)
        else:
            self._head_bytes += len(data)
            if self._phase == "idle":
                self._phase = "head"
                self._since_s = self.loop.time()
        try:
            self._feed(data)
        except HttpParserError:
            self._refuse(BAD, "bad_request", 400)
        if (self._phase != "body" and self._head_bytes > self._guard.limits.header_bytes) or (
            self._phase == "body" and self._spare_bytes < 0
        ):
            self._refuse(LONG, "too_large", 431)
        if self._phase == "body" and self._answering and not self.pipeline and not self._refused:
            self._guard.reading.add(self)
        else:
            self._guard.reading.discard(self)

    def _feed(self, data: bytes) -> None:
        """Raises HttpParserError."""
        rest = memoryview(data)
        while not self._refused:
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                if not self._refused:
                    self._ignore_upgrade()
            else:
                return

    def _ignore_upgrade(self) -> None:
        """Read the head again without its Upgrade, as servers may.

        The parser takes what follows for the other protocol's, or for the next request, even if it is a body; so a new
        one gets the head as the first one understood it, and then the rest.
        """
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        headers = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(b"\r\n".join([line, *headers, b"", b""]))

    def on_message_begin(self) -> None:
        # Before its headers are looked at, and on a connection that stays: so a refusal costs a fraction of a request,
        # and a new connection would cost more than that.
        self._shedding = self._busy
        if self._shedding:
            self.headers = []
        else:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._shedding:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._shedding or self._phase == "body":  # a trailer: no proxy looks at what stands there
            return
        name = name.lower()  # and the rest as uvicorn's, without one more call for each header
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():  # it comes again without
            if self.parser.get_method() == b"CONNECT":
                self._refuse(TUNNEL, "bad_request", 400)
            elif self._shedding:  # its headers are not kept
                self._refuse(FULL, "unavailable", 503)
            return
        guard = self._guard
        self._head_bytes = 0
        self._spare_bytes = guard.limits.header_bytes
        if self._refused:
            return
        if sum(map(len, chain.from_iterable(self.headers))) > guard.limits.header_bytes:  # all of it in one piece
            self._refuse(LONG, "too_large", 431)
            return
        if self._shedding or self._busy:  # it may have become so while headers came slowly
            self._shedding = True
            self._phase = "body"
            if self.flow.write_paused:  # he does not read
                self._refused = True
                self.transport.abort()
                return
            guard.refused("unavailable", 503)
            self.transport.write(BUSY)
            return
        super().on_headers_complete()
        self._phase = "body"
        if guard.draining:
            self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._router is None:
            super()._start_asgi_task(cycle, app)
            return
        task = self.loop.create_task(self._router(cycle))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_body(self, body: bytes) -> None:
        self._spare_bytes += _CHUNK * len(body)
        if not self._refused and not self._shedding:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refused or self.parser.should_upgrade():
            return
        if self._shedding:
            self._shedding = False
            self._rest()
            return
        super().on_message_complete()
        if self.cycle.response_complete:
            self._rest()
            if not self.cycle.keep_alive:
                self.transport.close()
        else:
            self._phase = "answer"

    @property
    def _busy(self) -> bool:
        return self._guard.busy(len(self.tasks)) and not self._answering

    @property
    def _answering(self) -> bool:
        """Whether an answer is still to come, to a request before this one."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn says that there always is one
        return cycle is not None and not cycle.response_complete

    def _rest(self) -> None:
        self._phase = "idle"
        self._since_s = self.loop.time()

    def on_response_complete(self) -> None:
        last = not self.pipeline
        self._guard.reading.discard(self)
        super().on_response_complete()
        # The sweep does what its timer is for.
        self._unset_keepalive_if_required()
        # An answer may come before the body has; what is left of that is read and dropped, for who is cut off while he
        # speaks does not hear the answer.
        if last and self._last_words:
            self._say(self._last_words)
            self._last_words = b""
        elif last and self._phase == "answer":
            self._rest()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._paused_s = self.loop.time()

    def look_at_the_clock(self, now_s: float) -> None:
        limits = self._guard.limits
        waited_s = now_s - self._since_s
        if self.flow.write_paused and now_s - self._paused_s > limits.body_s:
            self.transport.abort()
        elif self._refused:
            if waited_s > LINGER_S and not self._last_words:
                self.transport.abort()
        elif self._phase == "head":
            if waited_s > limits.header_s:
                self._refuse(SLOW, "too_slow", 408)
        elif self._phase == "body":
            if waited_s > limits.body_s:
                self._slow_body()
        elif self._phase == "idle" and waited_s > limits.idle_s:
            self.transport.abort() if self.transport.get_write_buffer_size() else self.transport.close()

    def _slow_body(self) -> None:
        if self._shedding or self.cycle.response_started:
            self.transport.abort()
        else:
            self._refuse(SLOW, "too_slow", 408)

    def _refuse(self, answer: bytes, name: str, status: int) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._guard.reading.discard(self)
        self._guard.refused(name, status)
        others = self._answering
        if self._phase == "body" and others:  # it is this one's own that is to come
            others = bool(self.pipeline)
            if others:
                self.pipeline.popleft()
            # The application, which may wait for the body, learns that nobody is there.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if others:
            self._last_words = answer
        else:
            self._say(answer)

    def _say(self, refusal: bytes) -> None:
        self._since_s = self.loop.time()
        self.transport.write(refusal)
        self.transport.write_eof()


def uvicorn_config(app: Any) -> Config:
    """Uvicorn with nothing that is not needed, and no log of its own: its lines show addresses and texts of others."""
    config = Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    config.load()
    return config
