"""Collectors as tests meet them: over HTTP, and by what stands on the topic."""

import asyncio
import base64
import hmac
import http.client
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_network
from typing import Any

import orjson

from pipeline.cli.prepare_topics import prepare_topics
from pipeline.cli.topic_plan import TopicNames
from pipeline.collector import Collector, Settings, read_keys
from pipeline.collector.settings import Limits
from pipeline.engine import KafkaSettings
from pipeline.flinks.login import LoginKeys
from tests.cli.records import committed, new_prefix

WRITE_KEY = "wk_lending_1"
OTHER_KEY = "wk_lending_2"
BEARER = "a-backends-own-key"
SECRET = "as agreed with Flinks"  # noqa: S105  # made up
ORIGIN = "https://apply.example.com"
KEYS = f"""
[lending]
environment = "production"
write_keys = ["{WRITE_KEY}", "{OTHER_KEY}"]
origins = ["{ORIGIN}", "https://*.example.org"]
bearer_hashes = ["{sha256(BEARER.encode()).hexdigest()}"]
webhook_secrets = ["{SECRET}"]

[savings]
write_keys = ["wk_savings_1"]
origins = ["https://savings.example.com"]
"""
PATIENCE_S = 60.0
UNLIMITED = Limits(address_requests_per_s=0, app_events_per_s=0)


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def verdicts(self) -> list[str]:
        return [verdict["verdict"] for verdict in self.json["events"]]


@dataclass
class Door:
    """A collector that runs."""

    collector: Collector
    kafka: str
    prefix: str
    _headers: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return self.collector.server.port

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request on a connection of its own; `content_type` is Content-Type."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def send(self, batch_: Any, **headers: str) -> Reply:
        body = batch_ if isinstance(batch_, bytes) else orjson.dumps(batch_)
        return self.ask("POST", "/v1/events", body, **({"content_type": "text/plain"} | headers))

    def answered(self, body: Any, key: str = BEARER, **headers: str) -> Reply:
        told = {"content_type": "application/json", "authorization": f"Bearer {key}"} | headers
        return self.ask("POST", "/v1/api-events", orjson.dumps(body), **told)

    def webhook(self, body: bytes, **headers: str) -> Reply:
        signature = {"x_flinks_signature": signed(body)}
        return self.ask("POST", "/v1/webhooks/flinks", body, **(headers or signature))

    def records(self, topic: str = "events") -> list[dict[str, Any]]:
        """Everything on a topic."""
        # In a thread, for Playwright has an event loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(committed, self.kafka, f"{self.prefix}{topic}").result()

    def record(self, id_: str) -> dict[str, Any]:
        """The one record of an event."""
        (found,) = [record for record in self.records() if record["id"] == id_]
        return found

    def eventually(
        self, count: int, visit: str, pause: Callable[[], None] = lambda: time.sleep(0.05)
    ) -> list[dict[str, Any]]:
        """The records of a visit in order of seq, without copies, once there are so many."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = {record["id"]: record for record in self.records() if record.get("connect_session_id") == visit}
            if len(found) >= count:
                return sorted(found.values(), key=lambda record: int(record["seq"]))
            assert time.monotonic() < end, (list(found.values()), self.collector.counts.requests)
            pause()


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, sha256)).decode()


def event(data: Any = None, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "data": data or {"step": "APP_MOUNTED"}} | fields


def batch(*events: Any, **fields: Any) -> dict[str, Any]:
    return {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.uuid4()), "events": list(events)} | fields


@contextmanager
def opened(
    kafka: str,
    *,
    limits: Limits = UNLIMITED,
    base_path: str = "",
    clock: Callable[[], float] | None = None,
    prefix: str | None = None,
) -> Iterator[Door]:
    """A collector in a thread with an event loop of its own, ready, drained at the end.

    On topics of its own, unless the prefix is that of others.
    """
    prefix = prefix or new_prefix()
    settings = Settings(
        keys=read_keys(KEYS),
        topic=f"{prefix}events",
        rejected_topic=f"{prefix}rejected",
        webhooks_topic=f"{prefix}webhooks",
        port=0,
        base_path=base_path,
        trusted_proxies=(ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8")),
        login_keys=LoginKeys(("k" * 32,)),
        limits=limits,
    )
    asyncio.run(prepare_topics(KafkaSettings(kafka), TopicNames(prefix), partitions=3, replication=1))
    started: list[Collector] = []
    ready, stop = threading.Event(), threading.Event()

    async def live() -> None:
        collector = Collector(KafkaSettings(kafka), settings, **({"clock": clock} if clock else {}))
        await collector.start()
        while await collector.unready() is not None:  # noqa: ASYNC110  # only asking tells
            await asyncio.sleep(0.01)
        started.append(collector)
        ready.set()
        await asyncio.to_thread(stop.wait)
        await collector.stop()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield Door(started[0], kafka, prefix)
    finally:
        stop.set()
        thread.join(PATIENCE_S)
