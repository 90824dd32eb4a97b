"""Made-up events through the door of a collector, as browsers and backends send them, in real time."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import aiohttp
import orjson

from pipeline.simulator.simulation import Delivered
from pipeline.simulator.spoken import Event, answered, posted
from pipeline.simulator.timing import stamp

_AT_A_TIME: Final = 200
"""Requests; more wait, and are late."""
_TIMEOUT_S: Final = 20.0
_TRIES: Final = 5
_AGAIN_S: Final = 1.0
_LATER: Final = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which senders try again."""


class SendingError(Exception):
    """The collector refuses everything, and why."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Where to send, and the keys that let one in."""

    url: str
    """With its base path, without a slash at its end."""
    write_key: str
    bearer_key: str | None = field(default=None, repr=False)
    """Without it nothing of backends is sent."""


@dataclass(slots=True)
class Sent:
    """What became of the events; read it at any time."""

    verdicts: Counter[str] = field(default_factory=Counter)
    """By verdict, of rejected ones by reason too: rejected: missing_field."""
    answers: Counter[str] = field(default_factory=Counter)
    """Requests by HTTP status, or "no answer"."""
    undelivered: int = 0
    """Events without a verdict after all tries."""
    left_out: int = 0
    """Events of backends, without a key for them."""

    def __str__(self) -> str:
        verdicts = ", ".join(f"{number:,} {verdict}" for verdict, number in sorted(self.verdicts.items())) or "none"
        answers = ", ".join(f"{number:,} times {answer}" for answer, number in sorted(self.answers.items())) or "none"
        lines = [f"verdicts: {verdicts}; without a verdict: {self.undelivered:,}", f"answers: {answers}"]
        if self.left_out:
            lines.append(f"left out: {self.left_out:,} events of backends, for there is no key for them")
        return "\n".join(lines)


async def send(events: Iterable[Delivered], to: Collector, sent: Sent) -> None:
    """Send each request when the clock reaches its time, again where senders would; returns when all are settled.

    Cancelled, it leaves those that are on their way, as events without a verdict.

    Raises:
        SendingError: the collector does not know a key, or this is no collector.
    """
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=_AT_A_TIME)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        try:
            await _send(events, to, sent, session)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None


async def _send(events: Iterable[Delivered], to: Collector, sent: Sent, session: aiohttp.ClientSession) -> None:
    places = asyncio.Semaphore(_AT_A_TIME)
    async with asyncio.TaskGroup() as requests:
        for (at_ms, _), parcel in groupby(events, key=itemgetter(0, 1)):
            told = [orjson.loads(value) for _, _, value in parcel]
            if (wait_s := at_ms / 1000 - time.time()) > 0:
                await asyncio.sleep(wait_s)
            for request in _requests(told, to, sent):
                await places.acquire()
                requests.create_task(request.deliver(session, sent)).add_done_callback(lambda _: places.release())


@dataclass(slots=True)
class _Request:
    url: str
    events: int
    body: dict[str, Any]
    headers: dict[str, str]

    async def deliver(self, session: aiohttp.ClientSession, sent: Sent) -> None:
        sent.undelivered += self.events
        wait_s = 0.0
        for tried in range(_TRIES):
            await asyncio.sleep(wait_s)
            wait_s = _AGAIN_S * 2**tried
            body = orjson.dumps(self.body | {"sent_at": stamp(time.time_ns() // 1_000_000)})
            try:
                async with session.post(self.url, data=body, headers=self.headers) as answer:
                    status, content = answer.status, await answer.read()
                    after = answer.headers.get("Retry-After", "")
            except (aiohttp.ClientError, TimeoutError) as error:
                sent.answers[f"no answer ({type(error).__name__})"] += 1
                continue
            sent.answers[str(status)] += 1
            if status == 200:  # noqa: PLR2004  # OK
                sent.undelivered -= self.events
                sent.verdicts.update(map(_verdict, orjson.loads(content)["events"]))
                return
            if status not in _LATER:
                raise SendingError(f"{self.url} answers {status}: {_reason(content)}")
            wait_s = max(wait_s, float(after) if after.isdigit() else 0.0)


def _requests(told: list[Event], to: Collector, sent: Sent) -> Iterable[_Request]:
    browser = [event for event in told if event["source"] == "browser"]
    if browser:
        first = browser[0]
        body = {
            "v": 1,
            "key": to.write_key,
            "connect_session_id": first.get("connect_session_id"),
            "platform": first.get("platform"),
            "release": first.get("release"),
            "events": [posted(event) for event in browser],
        }
        yield _Request(f"{to.url}/v1/events", len(browser), body, {"Content-Type": "text/plain"})
    others = [answered(event) for event in told if event["source"] != "browser"]
    if others and to.bearer_key is None:
        sent.left_out += len(others)
    elif others:
        headers = {"Authorization": f"Bearer {to.bearer_key}", "Content-Type": "application/json"}
        yield _Request(f"{to.url}/v1/api-events", len(others), {"v": 1, "events": others}, headers)


def _verdict(verdict: dict[str, Any]) -> str:
    return ": ".join(filter(None, (verdict["verdict"], verdict.get("reason"))))


def _reason(content: bytes) -> str:
    """What a collector's refusal says; other servers' pages are not shown."""
    try:
        return str(orjson.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return "this does not seem to be a collector"
