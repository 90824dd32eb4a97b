"""Senders that behave as listeners do, and remember what they were told was accepted."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

STEPS = ("APP_MOUNTED", "COMPONENT_LOAD_INSTITUTION_SELECTOR", "INSTITUTION_SELECTED", "COMPONENT_LOAD_CREDENTIAL")
EVENTS = 5
VISIT_BATCHES = 4
WAIT_MOST_S = 0.5
"""Listeners wait as long as Retry-After says; here there is less time."""
TIMEOUT_S = 15.0


@dataclass
class Told:
    """What the senders were told."""

    accepted: set[str] = field(default_factory=set)
    """Ids of events whose verdict was accepted."""
    answers: Counter[int] = field(default_factory=Counter)
    """By status; 0 is no answer."""
    seconds: list[float] = field(default_factory=list)
    """Until each 200."""
    undecided: set[str] = field(default_factory=set)
    """Sent, and no verdict: they may be there or not."""


async def send(urls: Sequence[str], key: str, *, senders: int, stop: asyncio.Event, told: Told) -> None:
    """Send batch after batch until `stop`; each is sent again, under the same ids, until it has its verdicts."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
        rng = random.Random(1)
        await asyncio.gather(
            *(_sender(session, urls, key, stop, told, random.Random(rng.random())) for _ in range(senders))
        )


async def _sender(
    session: aiohttp.ClientSession,
    urls: Sequence[str],
    key: str,
    stop: asyncio.Event,
    told: Told,
    rng: random.Random,
) -> None:
    number = 0
    visit = ""
    while not stop.is_set():
        if number % VISIT_BATCHES == 0:
            visit = str(uuid.uuid4())
        ids = [str(uuid.uuid4()) for _ in range(EVENTS)]
        events = [
            {"id": id_, "seq": number * EVENTS + place, "data": {"step": rng.choice(STEPS), "institution": "RBC"}}
            for place, id_ in enumerate(ids)
        ]
        body = orjson.dumps({"v": 1, "key": key, "connect_session_id": visit, "events": events})
        number += 1
        told.undecided.update(ids)
        while not await _accepted(session, rng.choice(urls), body, told):
            if stop.is_set():
                return
            await asyncio.sleep(rng.uniform(0.05, WAIT_MOST_S))
        told.undecided.difference_update(ids)


async def _accepted(session: aiohttp.ClientSession, url: str, body: bytes, told: Told) -> bool:
    began = time.monotonic()
    try:
        async with session.post(f"{url}/v1/events", data=body, headers={"Content-Type": "text/plain"}) as answer:
            content = await answer.read()
    except (aiohttp.ClientError, OSError):
        told.answers[0] += 1
        return False
    told.answers[answer.status] += 1
    if answer.status != 200:
        return False
    verdicts: list[Any] = orjson.loads(content)["events"]
    told.accepted.update(verdict["id"] for verdict in verdicts if verdict["verdict"] == "accepted")
    told.seconds.append(time.monotonic() - began)
    return True
