"""The HTTP server against those who do not mean well: raw bytes on sockets, and no Kafka."""

import asyncio
import gc
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
import uvloop

from pipeline.collector.admission import Admission
from pipeline.collector.counts import Counts
from pipeline.collector.exchange import Request, Response
from pipeline.collector.keys import Keys
from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.router import Router
from pipeline.collector.server import Server
from pipeline.collector.settings import Limits

LIMITS = Limits(header_s=0.6, body_s=1.0, idle_s=1.0, header_bytes=2_000, connections=30, requests=4, body_bytes=10_000)
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
PATIENCE_S = 10.0
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


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def all_of(connection: socket.socket) -> bytes:
    """Until the server closes."""
    found = b""
    with connection, suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            found += part
    return found


def until(connection: socket.socket, end: bytes) -> bytes:
    """Up to this end; raises when it does not come."""
    found = b""
    while not found.endswith(end):
        part = connection.recv(65_536)
        assert part, found
        found += part
    return found


class TestSlow:
    def test_headers_that_do_not_end(self, served: Served) -> None:
        """A byte now and then does not keep a connection: 408, and it is closed."""
        began = time.monotonic()
        with served.connect() as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
            said = b""
            connection.settimeout(0.1)
            while not said and time.monotonic() - began < PATIENCE_S:
                connection.sendall(b"X")
                with suppress(TimeoutError):
                    said = connection.recv(65_536)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert 0.5 < time.monotonic() - began < 4

    def test_a_body_that_does_not_end(self, served: Served) -> None:
        """The same, and the application is not left waiting."""
        with served.connect() as connection:
            connection.sendall(POST % 1_000 + b"x")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")
        _eventually(lambda: served.server.working == 0)

    def test_many_of_them(self, served: Served) -> None:
        """They are gone in time, and others are served meanwhile."""
        slow = [served.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HT")
        with served.connect() as other:
            other.sendall(POST % 2 + b"ok")
            until(other, b"\r\n\r\n2")
        assert all(all_of(connection).startswith(b"HTTP/1.1 408 ") for connection in slow)

    def test_many_bodies(self, served: Served) -> None:
        """The same: to wait for a body is no work."""
        slow = [served.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(POST % 100 + b"x")
        _eventually(lambda: served.server.working == 20)
        with served.connect() as other:
            other.sendall(POST % 2 + b"ok")
            until(other, b"\r\n\r\n2")
        assert all(all_of(connection).startswith(b"HTTP/1.1 408 ") for connection in slow)
        _eventually(lambda: served.server.working == len(served.server.guard.reading) == 0)

    def test_an_idle_connection(self, served: Served) -> None:
        """Is closed without a word, before and after a request."""
        assert all_of(served.connect()) == b""
        connection = served.connect()
        connection.sendall(POST % 2 + b"ok")
        assert all_of(connection).endswith(b"\r\n\r\n2")


class TestShapes:
    @pytest.mark.parametrize(
        "sent",
        [
            b"\0\1\2\3\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
            b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
        ],
    )
    def test_no_http(self, served: Served, sent: bytes) -> None:
        """400, and closed."""
        connection = served.connect()
        connection.sendall(sent)
        said = all_of(connection)
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b'"error":"bad_request"' in said

    def test_headers_without_end(self, served: Served) -> None:
        """431 once they are longer than any browser's."""
        connection = served.connect()
        with suppress(ConnectionError):
            for number in range(100):
                connection.sendall(b"GET / HTTP/1.1\r\n" if number == 0 else b"X-%d: %s\r\n" % (number, b"y" * 100))
        assert all_of(connection).startswith(b"HTTP/1.1 431 ")

    def test_requests_in_one_packet(self, served: Served) -> None:
        """Are answered in their order."""
        connection = served.connect()
        connection.sendall(b"".join(POST % size + b"x" * size for size in (1, 2, 333)))
        with connection:
            said = until(connection, b"\r\n\r\n333")
        assert [part.rpartition(b"\r\n")[2] for part in said.split(b"HTTP/1.1 200 OK")[1:]] == [b"1", b"2", b"333"]

    def test_a_sender_that_has_ended(self, served: Served) -> None:
        """Whoever closes his side after the request still gets the answer."""
        connection = served.connect()
        connection.sendall(POST % 2 + b"ok")
        connection.shutdown(socket.SHUT_WR)
        assert all_of(connection).endswith(b"\r\n\r\n2")

    def test_several_and_then_the_end(self, served: Served) -> None:
        """All of them are answered."""
        connection = served.connect()
        connection.sendall((POST % 2 + b"ok") * 3)
        connection.shutdown(socket.SHUT_WR)
        assert all_of(connection).count(b"\r\n\r\n2") == 3

    def test_long_headers_in_one_piece(self, served: Served) -> None:
        """Are as long as those that come in several, also behind another request; a body is no header."""
        long = (POST % 2).replace(b"Host", b"X: " + b"y" * 2_000 + b"\r\nHost", 1) + b"ok"
        for before in (0, 1):
            connection = served.connect()
            connection.sendall((POST % 5_000 + b"x" * 5_000) * before + long)
            said = all_of(connection)
            assert [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]] == [200] * before + [431]

    @pytest.mark.parametrize("before", [0, 1, 3])
    @pytest.mark.parametrize(
        ("bad", "status"),
        [
            (b"GARBAGE\r\n\r\n", 400),
            (b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked") + b"zz\r\n", 400),
            (POST.replace(b"/ ", b"/none ").replace(b"Content-Length: %d", b"Transfer-Encoding: chunked") + b"z", 400),
            (POST.replace(b"Content-Length: %d", b"Expect: 100-continue\r\nTransfer-Encoding: chunked") + b"z", 400),
            (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (POST % 100 + b"x", 408),
            (b"GET / HTTP/1.1\r\nX: " + b"y" * 2_000, 431),
        ],
        ids=[
            "no-http",
            "no-path",
            "no-chunk",
            "no-chunk-nowhere",
            "no-chunk-expected",
            "tunnel",
            "slow-body",
            "long-head",
        ],
    )
    def test_a_bad_one_after_good_ones(
        self, caplog: pytest.LogCaptureFixture, bad: bytes, status: int, before: int
    ) -> None:
        """Those before it have their own answers first, and no task fails."""
        with serving() as served:
            connection = served.connect()
            connection.sendall(((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok") * before)
            _eventually(lambda: served.server.working == min(before, 1))
            connection.sendall(bad)
            if before < 2:  # after more than one no more is read at first
                _eventually(lambda: served.counts.requests["other", status] == 1)
            served.loop.call_soon_threadsafe(served.release.set)
            said = all_of(connection)
            assert [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]] == [200] * before + [status]
        gc.collect()  # a task that failed is told of when it goes
        assert not caplog.records

    @pytest.mark.parametrize("step", [1, 7, 10_000])
    @pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"foo/2, h2c"])
    def test_an_upgrade(self, served: Served, protocol: bytes, step: int) -> None:
        """Is ignored, as Java's client expects; what its body says is a body, and the next request the next one."""
        upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nuPGRADE: %s\r\nHTTP2-Settings: AAA\r\nHost" % protocol
        within = (POST % 2).replace(b"/", b"/wait", 1) + b"ok"
        with_length = (POST % len(within)).replace(b"Host", upgrade, 1) + within
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(within), within)
        chunked = with_length.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
        empty = (POST % 0).replace(b"Host", upgrade, 1)
        last = POST.replace(b"Host", b"Connection: close\r\nHost", 1) % 2 + b"ok"
        sent = with_length + chunked + empty + with_length + last
        connection = served.connect()
        for at in range(0, len(sent), step):
            connection.sendall(sent[at : at + step])
        said = all_of(connection)
        assert said.count(b"HTTP/1.1 ") == said.count(b"HTTP/1.1 200 ") == 5
        told = [part.partition(b"\r\n\r\n")[2] for part in said.split(b"HTTP/1.1 ")[1:]]
        assert told == [b"%d" % size for size in (len(within), len(within), 0, len(within), 2)]

    def test_many_upgrades_at_once(self, served: Served) -> None:
        """As many as come in one piece."""
        upgrade = b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
        connection = served.connect()
        connection.sendall(upgrade * 3_000 + POST.replace(b"Host", b"Connection: close\r\nHost", 1) % 2 + b"ok")
        said = all_of(connection)
        assert (said.count(b"HTTP/1.1 405 "), said.count(b"HTTP/1.1 200 ")) == (3_000, 1)

    @pytest.mark.parametrize("head", [b"CONNECT x:1 HTTP/1.1", b"GET http://x HTTP/1.1"])
    def test_what_is_no_request_for_us(self, served: Served, head: bytes) -> None:
        """Tunnels, and paths that are none, also with an upgrade: 400."""
        for upgrade in (b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"):
            connection = served.connect()
            connection.sendall(head + b"\r\nHost: x\r\n" + upgrade + b"\r\n" + POST % 2 + b"ok")
            said = all_of(connection)
            assert said.startswith(b"HTTP/1.1 400 ")
            assert said.count(b"HTTP/1.1") == 1

    def test_an_upgrade_when_too_much_is_to_do(self) -> None:
        """503, and the connection ends, for the request's headers are not kept: nobody knows where its body ends."""
        with serving() as served:
            held = [served.connect() for _ in range(LIMITS.requests)]
            for connection in held:
                connection.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            _eventually(lambda: served.server.working == LIMITS.requests)
            late = served.connect()
            upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\nHost"
            late.sendall((POST % 100).replace(b"Host", upgrade, 1) + POST % 2 + b"ok")
            said = all_of(late)
            assert said.startswith(b"HTTP/1.1 503 ")
            assert said.count(b"HTTP/1.1") == 1
            served.loop.call_soon_threadsafe(served.release.set)
            for connection in held:
                connection.close()


class TestBodies:
    def test_in_pieces_and_parts(self, served: Served) -> None:
        """With a length and in chunks, after asking whether to send it, and in HTTP/1.0, which ends the connection."""
        with served.connect() as connection:
            connection.sendall(POST % 4 + b"ab")
            _eventually(lambda: served.server.working == 1)
            connection.sendall(b"cd")
            until(connection, b"\r\n\r\n4")
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            until(connection, b"\r\n\r\n3")
            connection.sendall((POST % 2).replace(b"Host", b"Expect: 100-continue\r\nHost", 1))
            until(connection, b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(b"ok")
            until(connection, b"\r\n\r\n2")
        with served.connect() as connection:
            connection.sendall(b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nok")
            assert b"connection: close\r\n" in all_of(connection)

    def test_trailers(self, served: Served) -> None:
        """Are no headers, for a proxy does not look at them; and they have an end."""
        chunked = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
        with served.connect() as connection:
            connection.sendall(chunked + b"2\r\nok\r\n0\r\nContent-Encoding: gzip\r\n\r\n")
            assert until(connection, b"\r\n\r\n2").startswith(b"HTTP/1.1 200 ")
        for more in (b"X: " + b"y" * 997, b"X: y\r\n" * 200, b"z"):
            connection = served.connect()
            with suppress(ConnectionError):
                connection.sendall(chunked + b"2\r\nok\r\n0\r\nX: ")
                for _ in range(100):
                    connection.sendall(more)
                    time.sleep(0.001)
                    if more == b"z":
                        connection.sendall(b"\r\n\r\n")
                        break
            assert all_of(connection).startswith(b"HTTP/1.1 200 " if more == b"z" else b"HTTP/1.1 431 ")

    def test_small_chunks(self, served: Served) -> None:
        """Are a way to send a body, however much stands around it."""
        chunked = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
        with served.connect() as connection:
            connection.sendall(chunked)
            for _ in range(50):
                connection.sendall(b"1\r\nx\r\n" * 100)
            connection.sendall(b"0\r\n\r\n")
            until(connection, b"\r\n\r\n5000")

    @pytest.mark.parametrize(
        "head", [POST % 10_001, POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")]
    )
    def test_too_large(self, served: Served, head: bytes) -> None:
        """413, and what is left of it is read."""
        with served.connect() as connection:
            connection.sendall(head + (b"2711\r\n" if b"chunked" in head else b"") + b"x" * 10_001)
            assert until(connection, b"}").startswith(b"HTTP/1.1 413 ")

    @pytest.mark.parametrize(
        "head",
        [b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n", POST.replace(b"Host", b"Connection: close\r\nHost", 1)],
    )
    def test_too_large_and_the_last_request(self, served: Served, head: bytes) -> None:
        """Whoever sends nothing after it also hears the answer, when he has come to his body's end."""
        size = 20_000_000
        connection = served.connect()
        connection.sendall(head % size + b"x" * size)
        assert all_of(connection).startswith(b"HTTP/1.1 413 ")
        _eventually(lambda: not served.server.guard.protocols)

    def test_who_hangs_up_before_the_answers(self, caplog: pytest.LogCaptureFixture) -> None:
        """Is no fault of ours, however many there are."""
        with serving() as served:
            with served.connect() as connection:
                wait = (POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok"
                connection.sendall(POST % 2 + b"ok" + wait * 2)
                until(connection, b"\r\n\r\n2")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            _eventually(lambda: not served.server.guard.protocols)
            served.loop.call_soon_threadsafe(served.release.set)
            _eventually(lambda: not served.server.working)
        gc.collect()
        assert not caplog.records

    def test_a_sender_that_hangs_up(self, served: Served) -> None:
        """Gives back what its body took."""
        with served.connect() as connection:
            connection.sendall(POST % 9_000 + b"x" * 8_000)
            _eventually(lambda: served.budget.taken == 8_000)
        _eventually(lambda: served.budget.taken == 0)


class TestLoad:
    def test_requests_at_a_time(self) -> None:
        """More than the limit get 503 with the time to wait, and those that are worked on are finished."""
        with serving() as served:
            working = [served.connect() for _ in range(4)]
            for connection in working:
                connection.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            _eventually(lambda: served.server.working == 4)
            more = served.connect()
            for times in (1, 2):  # on one connection, which stays
                more.sendall(POST % 5_000 + b"x" * 5_000)
                said = until(more, b"}")
                assert said.startswith(b"HTTP/1.1 503 ")
                assert b"retry-after: 2\r\n" in said
                assert served.counts.problems["unavailable"] == times
            served.loop.call_soon_threadsafe(served.release.set)
            _eventually(lambda: served.server.working == 0)
            more.sendall(POST % 5_000 + b"x" * 5_000)
            until(more, b"\r\n\r\n5000")
            more.close()
            for connection in working:
                until(connection, b"\r\n\r\n2")

    def test_who_does_not_read(self, served: Served) -> None:
        """Holds up nobody for longer than a body may take."""
        deaf = _deaf(served)
        deaf.sendall((POST % 0).replace(b"/ ", b"/large ", 1) * 1_000)
        _eventually(lambda: served.server.guard.protocols)
        _eventually(lambda: not served.server.guard.protocols and not served.server.working)
        deaf.close()

    def test_who_does_not_read_when_too_much_is_to_do(self) -> None:
        """Is let go at once, for what he is told would pile up."""
        with serving(replace(LIMITS, requests=1)) as served:
            held, deaf = served.connect(), _deaf(served)
            held.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            _eventually(lambda: served.server.working == 1)
            with pytest.raises(ConnectionError):
                deaf.sendall((POST % 0) * 200_000)
            served.loop.call_soon_threadsafe(served.release.set)
            held.close()
            deaf.close()

    def test_while_kafka_is_slow(self) -> None:
        """Fewer at a time, and all of them again soon after."""
        with serving(Limits(requests=50, few_requests=2, wait_s=0.2)) as served:
            served.behind.s = 0.3
            _eventually(lambda: served.server.guard.admission.at_a_time == 2)
            working = [served.connect() for _ in range(2)]
            for connection in working:
                connection.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            _eventually(lambda: served.server.working == 2)
            with served.connect() as more:
                more.sendall(POST % 2 + b"ok")
                assert until(more, b"}").startswith(b"HTTP/1.1 503 ")
                served.behind.s = 0.0
                _eventually(lambda: served.server.guard.admission.at_a_time > 2)
                more.sendall(POST % 2 + b"ok")
                until(more, b"\r\n\r\n2")
            served.loop.call_soon_threadsafe(served.release.set)
            for connection in working:
                until(connection, b"\r\n\r\n2")

    def test_how_many(self) -> None:
        """Down to a few within half a second, up again within two while they come, and back to the usual after them."""
        admission = Admission(0.25, few=100, usual=300, most=1_000)
        for late_s, working, looks, expected in (
            (0.0, 0, 100, 300),
            (0.3, 300, 5, 100),
            (0.1, 0, 40, 300),
            (0.2, 300, 40, 300),
            (0.1, 900, 40, 1_000),
            (0.1, 100, 40, 300),
        ):
            for _ in range(looks):
                admission.look(late_s, working)
            assert admission.at_a_time in range(expected, int(expected * 1.1) + 1), (late_s, working)

    def test_connections_at_a_time(self) -> None:
        """The same."""
        with serving() as served:
            held = [served.connect() for _ in range(30)]
            _eventually(lambda: len(served.server.guard.protocols) == 30)
            assert all_of(served.connect()).startswith(b"HTTP/1.1 503 ")
            for connection in held:
                connection.close()
            _eventually(lambda: len(served.server.guard.protocols) == 0)
            with served.connect() as connection:
                connection.sendall(POST % 2 + b"ok")
                until(connection, b"\r\n\r\n2")

    def test_draining(self) -> None:
        """What was accepted is answered, idle connections are closed, and nobody new comes in."""
        with serving() as served:
            idle, working = served.connect(), served.connect()
            working.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            _eventually(lambda: served.server.working == 1 and len(served.server.guard.protocols) == 2)
            draining = asyncio.run_coroutine_threadsafe(served.server.drain(5.0), served.loop)
            assert all_of(idle) == b""
            with pytest.raises(ConnectionRefusedError):
                served.connect()
            served.loop.call_soon_threadsafe(served.release.set)
            said = all_of(working)
            assert said.endswith(b"\r\n\r\n2")
            assert b"connection: close" in said
            assert draining.result(PATIENCE_S) == 0


def _deaf(served: Served) -> socket.socket:
    """A connection on which little is taken without being read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.settimeout(PATIENCE_S)
    connection.connect(("127.0.0.1", served.server.port))
    return connection


def _eventually(true: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
