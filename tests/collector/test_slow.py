"""Senders that do not come to an end: the server's time limits."""

import time
from contextlib import suppress

from tests.busy import alone
from tests.collector.serving import HASTY, PATIENCE_S, POST, Served, all_of, eventually, until


class TestSlow:
    def test_headers_that_do_not_end(self, hasty: Served) -> None:
        """A byte now and then does not keep a connection: 408, and it is closed."""
        began = time.monotonic()
        with hasty.connect() as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
            said = b""
            connection.settimeout(0.1)
            while not said and time.monotonic() - began < PATIENCE_S:
                connection.sendall(b"X")
                with suppress(TimeoutError):
                    said = connection.recv(65_536)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert 0.5 < time.monotonic() - began < alone(4)

    def test_a_body_that_does_not_end(self, hasty: Served) -> None:
        """The same, and the application is not left waiting."""
        with hasty.connect() as connection:
            connection.sendall(POST % 1_000 + b"x")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")
        eventually(lambda: hasty.server.working == 0)

    def test_many_of_them(self, hasty: Served) -> None:
        """They are gone in time, and others are served meanwhile."""
        slow = [hasty.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HT")
        with hasty.connect() as other:
            other.sendall(POST % 2 + b"ok")
            until(other, b"\r\n\r\n2")
        assert all(all_of(connection).startswith(b"HTTP/1.1 408 ") for connection in slow)

    def test_many_bodies(self, hasty: Served) -> None:
        """The same: to wait for a body is no work."""
        slow = [hasty.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(POST % 100 + b"x")
        eventually(lambda: hasty.server.working > HASTY.requests)
        with hasty.connect() as other:
            other.sendall(POST % 2 + b"ok")
            until(other, b"\r\n\r\n2")
        assert all(all_of(connection).startswith(b"HTTP/1.1 408 ") for connection in slow)
        eventually(lambda: hasty.server.working == len(hasty.server.guard.reading) == 0)

    def test_an_idle_connection(self, hasty: Served) -> None:
        """Is closed without a word, before and after a request."""
        assert all_of(hasty.connect()) == b""
        connection = hasty.connect()
        connection.sendall(POST % 2 + b"ok")
        assert all_of(connection).endswith(b"\r\n\r\n2")
