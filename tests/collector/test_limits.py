"""From which pages events are taken, and how many: origins and limits."""

import asyncio
import http.client
import socket
import uuid
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipeline.collector import buckets
from pipeline.collector.settings import Limits
from tests.cli.running import eventually
from tests.collector.doors import ORIGIN, UNLIMITED, Door, batch, event, opened


class TestOrigins:
    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            (ORIGIN, 200),
            ("https://pay.example.org", 200),
            ("https://example.org", 403),
            ("https://evilexample.org", 403),
            ("https://evil.com/.example.org", 403),
            ("http://apply.example.com", 403),
            ("https://apply.example.com.evil.com", 403),
            ("https://savings.example.com", 403),
            ("null", 403),
            ("", 403),
        ],
    )
    def test_only_the_apps_own(self, door: Door, origin: str, status: int) -> None:
        """Another app's page is a stranger too; what may be read is told to pages that are known to some app."""
        reply = door.send(batch(event()), origin=origin)
        assert reply.status == status
        known = origin in {ORIGIN, "https://pay.example.org", "https://savings.example.com"}
        assert reply.headers.get("access-control-allow-origin") == (origin if known else None)

    def test_pages_of_this_very_host(self, door: Door) -> None:
        """Also behind a proxy that is trusted, and by what it says the host is."""
        host = f"127.0.0.1:{door.port}"
        assert door.send(batch(event()), origin=f"http://{host}").status == 200
        assert door.send(batch(event()), origin="https://bank.example").status == 403
        forwarded = {"x_forwarded_proto": "https", "x_forwarded_host": "bank.example"}
        assert door.send(batch(event()), origin="https://bank.example", **forwarded).status == 200

    def test_a_browser_asks_first(self, door: Door) -> None:
        """Before it sends application/json."""
        allowed = door.ask("OPTIONS", "/v1/events", origin=ORIGIN, access_control_request_method="POST")
        assert allowed.status == 204
        assert allowed.headers["access-control-allow-origin"] == ORIGIN
        assert allowed.headers["access-control-allow-methods"] == "POST"
        assert door.ask("OPTIONS", "/v1/events", origin="https://evil.com").status == 403
        assert door.ask("OPTIONS", "/v1/api-events", origin=ORIGIN).status == 405

    def test_a_refused_page_can_read_why(self, door: Door) -> None:
        reply = door.send(b"{", origin=ORIGIN)
        assert reply.status == 400
        assert reply.headers["access-control-allow-origin"] == ORIGIN


class TestLimits:
    def test_by_address_app_and_base_path(self, kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """429 with the time to wait, per sender behind a trusted proxy and per app, and below a path of its own."""
        monkeypatch.setattr(buckets, "BURST_S", 10_000)  # however long this takes, nothing comes back meanwhile
        limits = Limits(address_requests_per_s=0.0003, app_events_per_s=0.002)
        with opened(kafka, limits=limits, base_path="/flinks") as door:

            def ask(sender: str, count: int = 1) -> Any:
                body = batch(*[event() for _ in range(count)], connect_session_id=str(uuid.uuid4()))
                return door.ask("POST", "/flinks/v1/events", orjson.dumps(body), x_forwarded_for=sender)

            assert door.ask("POST", "/v1/events", b"{}").status == 404
            assert door.ask("GET", "/flinks/listener.js").status == 200
            assert [ask("9.9.9.9, 10.0.0.7").status for _ in range(4)] == [200, 200, 200, 429]
            refused = ask("9.9.9.9, 10.0.0.7")
            assert 3_000 < int(refused.headers["retry-after"]) < 3_400
            assert refused.headers["access-control-expose-headers"] == "retry-after"  # for pages of other origins
            assert ask("9.9.9.9, 8.8.8.8").status == 200  # what stands left of a stranger counts for nothing
            # 20 events of the app's burst, of which 4 are used.
            assert ask("7.7.7.7", 17).status == 429
            assert ask("7.7.7.7", 10).status == 200

    def test_proxies_that_add_lines_of_their_own(self, kafka: str) -> None:
        """Two lines of X-Forwarded-For are one list: senders behind two proxies are told apart."""
        with opened(kafka, limits=replace(UNLIMITED, address_requests_per_s=0.1)) as door:
            for sender, status in (("9.9.9.9", 200), ("9.9.9.9", 429), ("8.8.8.8", 200)):
                connection = http.client.HTTPConnection("127.0.0.1", door.port)
                connection.putrequest("POST", "/v1/events")
                for line in ("1.1.1.1", sender, "10.0.0.7"):
                    connection.putheader("X-Forwarded-For", line)
                body = orjson.dumps(batch(event()))
                connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                assert connection.getresponse().status == status
                connection.close()

    def test_who_announces_much_and_sends_nothing(self, kafka: str) -> None:
        """Takes no room from others."""
        head = b"POST /v1/webhooks/flinks HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{"
        with opened(kafka, limits=replace(UNLIMITED, waiting_bytes=5_000)) as door, ExitStack() as held:
            for _ in range(20):
                held.enter_context(socket.create_connection(("127.0.0.1", door.port))).sendall(head)
            eventually(lambda: door.collector.server.working == 20, "all of them are worked on")
            eventually(lambda: door.collector.memory.taken == 20, "what they sent")
            assert door.send(batch(event())).verdicts == ["accepted"]

    def test_a_full_queue(self, kafka: str) -> None:
        """503 with the time to wait while too much is waiting, and then everything again."""
        with opened(kafka, limits=replace(UNLIMITED, waiting_bytes=5_000)) as door:
            with socket.create_connection(("127.0.0.1", door.port)) as slow:
                slow.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5001\r\n\r\n" + b"{" * 5_000)
                eventually(lambda: asyncio.run(door.collector.unready()) == "the queue is full", "a full queue")
                refused = door.send(batch(event()))
                assert (refused.status, refused.json["error"]) == (503, "unavailable")
                assert int(refused.headers["retry-after"]) > 0
            eventually(lambda: asyncio.run(door.collector.unready()) is None, "room")
            assert door.send(batch(event())).verdicts == ["accepted"]
            assert door.send(batch(*[event(x="x" * 50) for _ in range(100)])).status == 503  # more than ever fits
