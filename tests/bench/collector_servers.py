"""The servers that are measured, each a process.

    python -m tests.bench.collector_servers empty
    python -m tests.bench.collector_servers bare
    python -m tests.bench.collector_servers collector KAFKA TOPIC REJECTED
    python -m tests.bench.collector_servers patient KAFKA TOPIC REJECTED

`patient` is a collector that refuses nothing: its cost is to be measured however slow the machine is.

`empty` is the collector's own HTTP server with an ASGI handler that parses the body and answers, as anybody would write
it; `bare` is the same as an endpoint of the collector's door, which goes past ASGI. Each prints its port when ready.
"""

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
import uvloop

from pipeline.cli.collector_run import allow_files
from pipeline.cli.running import spare_the_collector
from pipeline.collector import Collector, Settings, read_keys
from pipeline.collector.counts import Counts
from pipeline.collector.exchange import Request, Response
from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.router import Router
from pipeline.collector.server import Server
from pipeline.engine import KafkaSettings
from tests.collector.doors import KEYS, UNLIMITED

FILES = 12_000
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


async def empty(scope: Any, receive: Any, send: Any) -> None:
    """Nothing but the body."""
    assert scope
    parts = []
    while True:
        message = await receive()
        parts.append(message["body"])
        if not message["more_body"]:
            break
    orjson.loads(b"".join(parts))
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"{}"})


async def bare(request: Request) -> Response:
    """The same behind the door."""
    orjson.loads(await request.body(UNLIMITED.body_bytes))
    return Response(200, b"{}")


async def main(which: str, *where: str) -> None:
    allow_files(FILES)
    if which in {"empty", "bare"}:
        counts, limits = Counts(), replace(UNLIMITED, few_requests=FILES, usual_requests=FILES, requests=FILES)
        router = Router(
            {"/v1/events": ("POST", "events", bare)}, read_keys(KEYS), MemoryBudget(limits.waiting_bytes), counts, ""
        )
        app = empty if which == "empty" else router
        server = await Server(app, host="127.0.0.1", port=0, limits=limits, counts=counts).start()
    else:
        kafka, topic, rejected = where
        limits = UNLIMITED
        if which == "patient":
            limits = replace(limits, few_requests=FILES, usual_requests=FILES, requests=FILES)
        settings = Settings(keys=read_keys(KEYS), topic=topic, rejected_topic=rejected, port=0, limits=limits)
        collector = await Collector(KafkaSettings(kafka), settings).start()
        while await collector.unready() is not None:  # noqa: ASYNC110  # only asking tells
            await asyncio.sleep(0.05)
        server = collector.server
    spare_the_collector()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        uvloop.run(main(*sys.argv[1:]))
