"""What HTTP lets clients do: proxies, libraries and browsers speak it in more ways than our own senders."""

import gzip
import json
import re
import socket
import zlib
from collections.abc import Callable

import orjson
import pytest

from tests.collector.doors import ORIGIN, PATIENCE_S, Door, batch, event

STATUS = re.compile(rb"HTTP/1\.1 (\d+) ")


def said(door: Door, sent: bytes) -> bytes:
    """All that is answered, until the connection is closed."""
    found = b""
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE_S) as connection:
        connection.sendall(sent)
        while part := connection.recv(65_536):
            found += part
    return found


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(answers)]


def request(line: str, *headers: str, body: bytes = b"", close: bool = True) -> bytes:
    """One request, with a length unless a header tells of it."""
    told = [line, "Host: x", *headers, *(["Connection: close"] if close else [])]
    if not any(header.startswith(("Content-Length", "Transfer")) for header in headers):
        told.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*told, "", ""]).encode("latin-1") + body


def good() -> bytes:
    return orjson.dumps(batch(event()))


class TestTargets:
    @pytest.mark.parametrize(
        "target",
        ["/v1/events", "/v1/events?", "/v1/events?a=b", "/v1/%65vents", "http://elsewhere.example/v1/events"],
    )
    def test_one_path(self, door: Door, target: str) -> None:
        """With a query, with a character written otherwise, and whole, as proxies have it."""
        assert statuses(said(door, request(f"POST {target} HTTP/1.1", body=good()))) == [200]

    @pytest.mark.parametrize("target", ["/v1/events/", "//v1/events", "/V1/events", "/v1/./events", "/v1/events%00"])
    def test_others(self, door: Door, target: str) -> None:
        """Nothing is corrected, for what proxies allow or refuse by path must be what is answered here."""
        assert statuses(said(door, request(f"POST {target} HTTP/1.1", body=good()))) == [404]

    @pytest.mark.parametrize("target", ["/v1/\xe9", "http://", "http://x", "x", "*", "/%", "/%ff%fe", "/a b"])
    def test_what_is_none(self, door: Door, target: str) -> None:
        """Is the sender's fault, and no fault of the collector."""
        (status,) = statuses(said(door, request(f"POST {target} HTTP/1.1", body=good())))
        assert status in {400, 404}

    @pytest.mark.parametrize(
        ("method", "path", "allow"),
        [
            ("HEAD", "/v1/events", "POST"),
            ("GET", "/v1/webhooks/flinks", "POST"),
            ("PUT", "/v1/api-events", "POST"),
            ("OPTIONS", "/listener.js", "GET"),
        ],
    )
    def test_methods(self, door: Door, method: str, path: str, allow: str) -> None:
        """405 tells which one there is."""
        reply = door.ask(method, path)
        assert (reply.status, reply.headers["allow"]) == (405, allow)
        assert bool(reply.body) == (method != "HEAD")


class TestBodies:
    def test_who_asks_whether_to_send_it(self, door: Door) -> None:
        """Hears 100 where it is wanted, and the refusal alone where it is not."""
        sent = good()
        asking = "Expect: 100-continue"
        answers = said(door, request("POST /v1/events HTTP/1.1", asking, f"Content-Length: {len(sent)}") + sent)
        assert statuses(answers)[-1] == 200
        for line, header, status in (
            ("POST /v1/events HTTP/1.1", "Content-Length: 300000", 413),
            ("POST /v1/events HTTP/1.1", "Content-Length: 10\r\nContent-Encoding: gzip", 415),
            ("POST /v1/api-events HTTP/1.1", "Content-Length: 10", 401),
            ("POST /nowhere HTTP/1.1", "Content-Length: 10", 404),
        ):
            assert statuses(said(door, request(line, asking, header))) == [status]

    def test_http_1_0(self, door: Door) -> None:
        """Its connections end, also where it is asked for more, and the answer says so."""
        for more in ((), ("Connection: keep-alive",)):
            answer = said(door, request("POST /v1/events HTTP/1.0", *more, body=good(), close=False))
            assert statuses(answer) == [200]
            assert b"\r\nconnection: close\r\n" in answer

    def test_in_chunks(self, door: Door) -> None:
        """As good as with a length, with extensions too, and no larger."""
        sent = good()
        pieces = [sent[at : at + 7] for at in range(0, len(sent), 7)]
        chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        assert statuses(said(door, request("POST /v1/events HTTP/1.1", "Transfer-Encoding: chunked", body=chunks))) == [
            200
        ]
        large = b"%x\r\n%b\r\n0\r\n\r\n" % (300_000, b" " * 300_000)
        assert statuses(said(door, request("POST /v1/events HTTP/1.1", "Transfer-Encoding: chunked", body=large))) == [
            413
        ]

    @pytest.mark.parametrize(
        "headers",
        [
            ("Content-Length: 2", "Transfer-Encoding: chunked"),
            ("Content-Length: 2", "Content-Length: 3"),
            ("Content-Length: 2, 2",),
            ("Content-Length: -1",),
            ("Content-Length: 1e3",),
            ("Transfer-Encoding: chunked, chunked",),
            ("Transfer-Encoding : chunked",),
        ],
    )
    def test_of_two_lengths(self, door: Door, headers: tuple[str, ...]) -> None:
        """What a proxy may have read otherwise is no request: something could be hidden in it."""
        answers = said(door, request("POST /v1/events HTTP/1.1", *headers, body=b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"))
        assert statuses(answers) == [400]

    @pytest.mark.parametrize(
        ("name", "packed"),
        [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("br", bytes)],
    )
    def test_packed(self, door: Door, name: str, packed: Callable[[bytes], bytes]) -> None:
        """415 says what to do, however the coding is told; packed and not said to be, it is not JSON."""
        for header in (
            f"Content-Encoding: {name}",
            f"content-encoding: {name.upper()}",
            f"Content-Encoding: identity, {name}",
        ):
            answer = said(door, request("POST /v1/events HTTP/1.1", header, body=packed(good())))
            assert statuses(answer) == [415]
            assert "send the body as it is" in json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
        assert statuses(said(door, request("POST /v1/events HTTP/1.1", "Content-Encoding: identity", body=good()))) == [
            200
        ]
        told = request("POST /v1/events HTTP/1.1", f"Transfer-Encoding: {name}, chunked", body=b"2\r\n{}\r\n0\r\n\r\n")
        assert statuses(said(door, told)) == [400]


class TestPreflight:
    def test_of_a_page_elsewhere(self, door: Door) -> None:
        """A browser that asks on behalf of a public page for one in a private network gets the same answer."""
        asked = {"origin": ORIGIN, "access_control_request_method": "POST"}
        plain = door.ask("OPTIONS", "/v1/events", None, **asked, access_control_request_headers="content-type")
        private = door.ask("OPTIONS", "/v1/events", None, **asked, access_control_request_private_network="true")
        assert (plain.status, plain.body) == (private.status, private.body) == (204, b"")
        assert plain.headers == private.headers
        assert "content-length" not in plain.headers
        assert plain.headers["access-control-allow-headers"] == "content-type"
        assert door.ask("OPTIONS", "/v1/events").status == 403
