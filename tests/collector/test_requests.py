"""Requests that are none, come in odd pieces, or want another protocol: raw bytes on sockets, and no Kafka."""

import gc
import socket
from contextlib import suppress

import pytest

from tests.collector.serving import HASTY, LIMITS, POST, Served, all_of, eventually, serving, until


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
        with serving(HASTY) as served:
            connection = served.connect()
            connection.sendall(((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok") * before)
            eventually(lambda: served.server.working == min(before, 1))
            connection.sendall(bad)
            if before < 2:  # after more than one no more is read at first
                eventually(lambda: served.counts.requests["other", status] == 1)
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
            eventually(lambda: served.server.working == LIMITS.requests)
            late = served.connect()
            upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\nHost"
            late.sendall((POST % 100).replace(b"Host", upgrade, 1) + POST % 2 + b"ok")
            said = all_of(late)
            assert said.startswith(b"HTTP/1.1 503 ")
            assert said.count(b"HTTP/1.1") == 1
            served.loop.call_soon_threadsafe(served.release.set)
            for connection in held:
                connection.close()
