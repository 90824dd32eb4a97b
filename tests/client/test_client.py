"""The backend's client against a real collector, and against one that fails."""

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any

import orjson
import pytest

from pipeline.client import Client
from pipeline.client.redaction import redacted
from tests.busy import alone
from tests.collector.conftest import door
from tests.collector.doors import BEARER, Door
from tests.flinks.secrets import SECRETS, Planter, leaks

__all__ = ["door"]

PATIENCE_S = 60.0
BROKEN_OFF = {0: b"", 1: b"not HTTP\r\n\r\n", 2: b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"}


def answer() -> dict[str, Any]:
    return {"HttpStatusCode": 200, "RequestId": str(uuid.uuid4()), "Institution": "RBC", "Accounts": [{"Number": 1}]}


class TestClient:
    def test_two_lines(self, door: Door) -> None:
        """An answer that was sent stands on the topic, also when the process ends right away."""
        flinks = Client(f"http://127.0.0.1:{door.port}", BEARER)
        sent = [answer() for _ in range(150)]
        for one in sent:
            flinks.send(one, endpoint="GetAccountsDetail")
        flinks.send({}, endpoint="Authorize", request_id="11111111-1111-1111-1111-111111111111", http_status=202)
        flinks.close()
        found = {record["request_id"]: record for record in door.records() if record["source"] == "server"}
        assert {one["RequestId"] for one in sent} <= found.keys()
        assert found[sent[0]["RequestId"]]["attributes"] == {"endpoint": "GetAccountsDetail"}
        assert found["11111111-1111-1111-1111-111111111111"]["http_status"] == 202
        assert flinks.dropped == 0
        flinks.send(answer())
        assert flinks.dropped == 1

    @pytest.mark.parametrize("statuses", [[503, 0, 200], [1, 200], [2, 200]])
    def test_a_collector_that_fails(self, statuses: list[int]) -> None:
        """It is sent again under the same ids, after the time that was asked for; then all is there."""
        with failing(statuses) as (url, bodies, times):
            flinks = Client(url, BEARER)
            flinks.send(answer())
            _eventually(lambda: len(bodies) == len(statuses))
            flinks.close()
        assert all(body["events"] == bodies[0]["events"] for body in bodies)
        assert times[1] - times[0] >= 1.0
        assert flinks.dropped == 0

    def test_what_json_does_not_know(self, door: Door) -> None:
        """Ids and addresses as objects are sent as text, numbers that are none not at all; and nothing stops."""
        flinks = Client(f"http://127.0.0.1:{door.port}", BEARER)
        request, status, where = uuid.uuid4(), HTTPStatus.ACCEPTED, PurePosixPath("/x/BankingServices/Authorize")
        odd: Any = {"Institution": float("nan")}
        flinks.send(odd, endpoint=where, request_id=request, http_status=status)  # type: ignore[arg-type]  # on purpose
        flinks.close()
        (found,) = [record for record in door.records() if record["request_id"] == str(request)]
        assert (found["http_status"], found["attributes"]) == (202, {"endpoint": "Authorize"})

    def test_what_is_refused_for_good(self) -> None:
        """Is given up and counted, and the next is sent."""
        with failing([400, 200]) as (url, bodies, _):
            flinks = Client(url, BEARER)
            flinks.send(answer())
            _eventually(lambda: flinks.dropped == 1)
            flinks.send(answer())
            _eventually(lambda: len(bodies) == 2)
            flinks.close()
        assert flinks.dropped == 1

    def test_the_buffer_is_bounded(self) -> None:
        """While nobody answers the oldest go; `send` returns at once, and `close` in the time it was given."""
        flinks = Client("http://127.0.0.1:1", BEARER, buffer=10)
        began = time.monotonic()
        for _ in range(1_000):
            flinks.send(answer())
        assert time.monotonic() - began < alone(2)
        _eventually(lambda: flinks.dropped >= 980)
        flinks.close(0.2)
        assert time.monotonic() - began < alone(5)

    def test_after_a_fork(self, door: Door) -> None:
        """A child sends its own, as workers of a web server do that were made from one parent."""
        flinks = Client(f"http://127.0.0.1:{door.port}", BEARER)
        first, second = answer(), answer()
        flinks.send(first)
        flinks._change.acquire()  # a thread of the parent may hold it at that moment
        child = os.fork()
        if child == 0:
            try:
                flinks.send(second)
                flinks.close()
            finally:
                os._exit(0)
        flinks._change.release()
        os.waitpid(child, 0)
        flinks.close()
        found = [record["request_id"] for record in door.records()]
        assert found.count(first["RequestId"]) == found.count(second["RequestId"]) == 1

    def test_addresses(self) -> None:
        """Only HTTP."""
        with pytest.raises(ValueError, match="https"):
            Client("file:///etc/passwd", BEARER)


class TestTold:
    def test_nothing_private_leaves_the_backend(self) -> None:
        """But for the loginId, which the collector makes a hash of, and what stands where a name or id belongs."""
        body = {
            "RequestId": "r-1",
            "FlinksCode": "INVALID_LOGIN",
            "Message": SECRETS["name"],
            "Login": {"Id": SECRETS["login"], "Username": SECRETS["email"], "Password": SECRETS["password"]},
            "SecurityChallenges": [{"Type": "SMS", "Prompt": SECRETS["question"], "Iterables": [SECRETS["answer"]]}, 7],
            "Accounts": [{"AccountNumber": SECRETS["account"]}],
            "Institution": {"Name": "RBC", "Id": 5, "Other": SECRETS["card"]},
            SECRETS["card"]: 1,
        }
        assert redacted(body) == {
            "RequestId": "r-1",
            "FlinksCode": "INVALID_LOGIN",
            "Login": {"Id": SECRETS["login"]},
            "SecurityChallenges": [{"Type": "SMS"}],
            "Institution": {"Name": "RBC", "Id": 5},
        }
        for other in Planter(3).bodies(200):
            orjson.dumps(redacted(other))
        assert leaks([SECRETS["card"]])


@contextmanager
def failing(statuses: list[int]) -> Iterator[tuple[str, list[Any], list[float]]]:
    """A collector that answers with these, one after the other; of `BROKEN_OFF` there is a piece."""
    bodies: list[Any] = []
    times: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the base class' name
            body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bodies.append(body)
            times.append(time.monotonic())
            status = statuses[min(len(bodies), len(statuses)) - 1]
            if status not in range(200, 600):
                self.wfile.write(BROKEN_OFF[status])
                self.close_connection = True
                return
            verdicts = [{"id": event["id"], "verdict": "accepted"} for event in body["events"]]
            content = orjson.dumps({"v": 1, "events": verdicts})
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class' name
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", bodies, times
    finally:
        server.shutdown()
        server.server_close()


def _eventually(true: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
