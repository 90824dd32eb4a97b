"""Bodies in all ways that HTTP knows, too large, and of senders that hang up."""

import gc
import socket
import struct
import time
from contextlib import suppress

import pytest

from tests.collector.serving import POST, Served, all_of, eventually, serving, until


class TestBodies:
    def test_in_pieces_and_parts(self, served: Served) -> None:
        """With a length and in chunks, after asking whether to send it, and in HTTP/1.0, which ends the connection."""
        with served.connect() as connection:
            connection.sendall(POST % 4 + b"ab")
            eventually(lambda: served.server.working == 1)
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
        eventually(lambda: not served.server.guard.protocols)

    def test_who_hangs_up_before_the_answers(self, caplog: pytest.LogCaptureFixture) -> None:
        """Is no fault of ours, however many there are."""
        with serving() as served:
            with served.connect() as connection:
                wait = (POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok"
                connection.sendall(POST % 2 + b"ok" + wait * 2)
                until(connection, b"\r\n\r\n2")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            eventually(lambda: not served.server.guard.protocols)
            served.loop.call_soon_threadsafe(served.release.set)
            eventually(lambda: not served.server.working)
        gc.collect()
        assert not caplog.records

    def test_a_sender_that_hangs_up(self, served: Served) -> None:
        """Gives back what its body took."""
        with served.connect() as connection:
            connection.sendall(POST % 9_000 + b"x" * 8_000)
            eventually(lambda: served.budget.taken == 8_000)
        eventually(lambda: served.budget.taken == 0)
