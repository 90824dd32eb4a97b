"""Ten thousand damaged requests: each gets a clear answer, and the next sender is served."""

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from tests.cli.running import eventually
from tests.collector.doors import BEARER, ORIGIN, batch, event, opened, signed

REQUESTS = 10_000
CONNECTIONS = 25
"""Fewer than are let in however slow it goes."""
CHARS = [
    *'{}[]",:0123456789.eE+-\\\0\x1f\x7fé\u2028😀',
    '"data"',
    '"step"',
    "null",
    "true",
    "1e999",
    "\\ud800",
    "A" * 100,
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**64,
    1e300,
    "",
    "\0",
    "é",
    "x" * 1000,
    [],
    {},
    [[]],
    {"a": {}},
    {"step": "REDIRECT"},
]
FIELDS = [
    "v",
    "key",
    "connect_session_id",
    "sent_at",
    "events",
    "platform",
    "release",
    "dropped",
    "id",
    "at",
    "seq",
    "data",
]


def damaged(rng: Random) -> bytes:
    """A batch with wrong values in it, or with its bytes mixed up."""
    told = batch(*[event(at="2026-11-23T12:00:00.000Z", seq=1) for _ in range(rng.randrange(3))])
    for _ in range(rng.randrange(3)):
        at: Any = rng.choice([told, *told["events"]]) if isinstance(told["events"], list) else told
        if isinstance(at, dict):
            at[rng.choice(FIELDS)] = rng.choice(VALUES)
    body = bytearray(json.dumps(told), "utf-8")
    if rng.random() < 0.6:
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(body) + 1)
            body[place : place + rng.randrange(8)] = rng.choice(CHARS).encode()
        if rng.random() < 0.2:
            del body[rng.randrange(len(body)) :]
        if rng.random() < 0.1:
            body = bytearray(rng.randbytes(rng.randrange(200)))
    return bytes(body)


def ask(port: int, seed: int, number: int) -> Counter[tuple[str, int]]:
    """So many damaged requests on one connection; the answers by path and status."""
    rng = Random(seed)
    found: Counter[tuple[str, int]] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for count in range(number):
        body = damaged(rng)
        path = ("/v1/events", "/v1/events", "/v1/events", "/v1/api-events", "/v1/webhooks/flinks")[count % 5]
        headers = {"Content-Type": rng.choice(["text/plain", "application/json", "application/json", "x/\xff"])}
        if rng.random() < 0.2:
            headers["Origin"] = rng.choice([ORIGIN, "null", "https://evil.example", "\xff", "x" * 1_000])
        if path.endswith("api-events"):
            headers["Authorization"] = f"Bearer {BEARER}"
        if path.endswith("flinks"):
            headers["X-Flinks-Signature"] = signed(body)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        found[path, answer.status] += 1
        assert answer.status in {200, 400, 401, 403, 413, 415}, (answer.status, told, body)
        assert "events" in told if answer.status == 200 else set(told) == {"v", "error", "detail"}
    connection.close()
    return found


def test_damaged_requests(kafka: str) -> None:
    """200, 400, 401, 403, 413 or 415: never a fault, and never a silence."""
    with opened(kafka) as door:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            asked = [pool.submit(ask, door.port, seed, REQUESTS // CONNECTIONS) for seed in range(CONNECTIONS)]
            found = sum((one.result() for one in asked), Counter[tuple[str, int]]())
        assert found.total() == REQUESTS
        assert door.collector.counts.problems["internal"] == 0
        assert found["/v1/events", 200] > 100
        assert found["/v1/events", 400] > 1_000
        assert door.send(batch(event())).verdicts == ["accepted"]
        eventually(
            lambda: door.collector.server.working == 0 and len(door.collector.server.guard.protocols) == 0, "rest"
        )
        assert door.collector.memory.taken == 0
