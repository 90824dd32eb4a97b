"""More than can be done: requests and connections at a time, and senders that do not read."""

import asyncio
import socket
from dataclasses import replace

import pytest

from pipeline.collector.admission import Admission
from pipeline.collector.settings import Limits
from tests.collector.serving import LIMITS, PATIENCE_S, POST, Served, all_of, eventually, serving, until


class TestLoad:
    def test_requests_at_a_time(self) -> None:
        """More than the limit get 503 with the time to wait, and those that are worked on are finished."""
        with serving(replace(LIMITS, idle_s=PATIENCE_S)) as served:
            working = [served.connect() for _ in range(4)]
            for connection in working:
                connection.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            eventually(lambda: served.server.working == 4)
            more = served.connect()
            for times in (1, 2):  # on one connection, which stays
                more.sendall(POST % 5_000 + b"x" * 5_000)
                said = until(more, b"}")
                assert said.startswith(b"HTTP/1.1 503 ")
                assert b"retry-after: 2\r\n" in said
                assert served.counts.problems["unavailable"] == times
            served.loop.call_soon_threadsafe(served.release.set)
            eventually(lambda: served.server.working == 0)
            more.sendall(POST % 5_000 + b"x" * 5_000)
            until(more, b"\r\n\r\n5000")
            more.close()
            for connection in working:
                until(connection, b"\r\n\r\n2")

    def test_who_does_not_read(self, hasty: Served) -> None:
        """Holds up nobody for longer than a body may take."""
        deaf = _deaf(hasty)
        deaf.sendall((POST % 0).replace(b"/ ", b"/large ", 1) * 1_000)
        eventually(lambda: hasty.server.guard.protocols)
        eventually(lambda: not hasty.server.guard.protocols and not hasty.server.working)
        deaf.close()

    def test_who_does_not_read_when_too_much_is_to_do(self) -> None:
        """Is let go at once, for what he is told would pile up."""
        with serving(replace(LIMITS, requests=1)) as served:
            held, deaf = served.connect(), _deaf(served)
            held.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            eventually(lambda: served.server.working == 1)
            with pytest.raises(ConnectionError):
                deaf.sendall((POST % 0) * 200_000)
            served.loop.call_soon_threadsafe(served.release.set)
            held.close()
            deaf.close()

    def test_while_kafka_is_slow(self) -> None:
        """Fewer at a time, and all of them again soon after."""
        with serving(Limits(requests=50, few_requests=2, wait_s=0.2)) as served:
            served.behind.s = 0.3
            eventually(lambda: served.server.guard.admission.at_a_time == 2)
            working = [served.connect() for _ in range(2)]
            for connection in working:
                connection.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            eventually(lambda: served.server.working == 2)
            with served.connect() as more:
                more.sendall(POST % 2 + b"ok")
                assert until(more, b"}").startswith(b"HTTP/1.1 503 ")
                served.behind.s = 0.0
                # Not at once on a busy machine, where it may be the event loop that is late.
                eventually(lambda: _is_taken(more))
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
        with serving(replace(LIMITS, idle_s=PATIENCE_S)) as served:
            held = [served.connect() for _ in range(30)]
            eventually(lambda: len(served.server.guard.protocols) == 30)
            assert all_of(served.connect()).startswith(b"HTTP/1.1 503 ")
            for connection in held:
                connection.close()
            eventually(lambda: len(served.server.guard.protocols) == 0)
            with served.connect() as connection:
                connection.sendall(POST % 2 + b"ok")
                until(connection, b"\r\n\r\n2")

    def test_draining(self) -> None:
        """What was accepted is answered, idle connections are closed, and nobody new comes in."""
        with serving(replace(LIMITS, idle_s=PATIENCE_S)) as served:
            idle, working = served.connect(), served.connect()
            working.sendall((POST % 2).replace(b"/ ", b"/wait ", 1) + b"ok")
            eventually(lambda: served.server.working == 1 and len(served.server.guard.protocols) == 2)
            draining = asyncio.run_coroutine_threadsafe(served.server.drain(PATIENCE_S), served.loop)
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


def _is_taken(connection: socket.socket) -> bool:
    connection.sendall(POST % 2 + b"ok")
    return until(connection, (b"\r\n\r\n2", b"}")).startswith(b"HTTP/1.1 200 ")
