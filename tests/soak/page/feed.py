"""Results and counts as they come of so many events a second."""

import itertools
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

from aiokafka import AIOKafkaProducer

from pipeline.flinks.institutions import INSTITUTIONS
from tests.dashboard import made

EVENTS_A_SESSION = 10
"""As a usual journey has."""
PARTITIONS = 12
"""Of flinks.events: each has counts of its own in each second."""
CODES = ("RETRY_LATER", "INVALID_LOGIN", "INVALID_PASSWORD", "SESSION_EXPIRED", "AGGREGATION_ERROR")
STAGES = ("mounted", "institution", "credentials", "submitted", "mfa", "accounts", "connected")
Record = tuple[str, bytes]


def results(rng: random.Random, number: int, now_ms: int, spread_ms: int) -> Iterator[Record]:
    """So many sessions and visits that began up to `spread_ms` ago; one in twenty is told a second time."""
    for _ in range(number):
        place: dict[str, Any] = {
            "institution": rng.choice(INSTITUTIONS),
            "app": rng.choice(("lending", "savings")),
            "platform": rng.choice(("web", "ios", "android")),
            "release": f"7.{rng.randrange(5)}",
        }
        failed = rng.random() < 0.3
        at_ms = now_ms - rng.randrange(spread_ms)
        told: dict[str, Any] = {
            "outcome": "failed" if failed else "completed",
            "failure_code": rng.choice(CODES) if failed else None,
        }
        stage = rng.choice(STAGES) if failed else "connected"
        session_id = uuid.UUID(int=rng.getrandbits(128)).hex
        for revision in (1, 2) if rng.random() < 0.05 else (1,):
            value = made.session(
                at_ms=at_ms, session_id=session_id, revision=revision, furthest_stage=stage, **told, **place
            )
            yield "sessions", value
        yield "visits", made.visit(at_ms=at_ms, converted=not failed, **place)


def counts(rng: random.Random, attempts: int, now_ms: int) -> Iterator[Record]:
    """What the checkpoints of one second tell."""
    places = list(itertools.product(range(PARTITIONS), INSTITUTIONS, ("lending", "savings")))
    each = attempts / len(places)
    for partition, institution, app in places:
        tried = int(each) + (rng.random() < each % 1)
        done = sum(rng.random() < 0.7 for _ in range(tried))
        yield (
            "counts",
            made.count(
                at_ms=now_ms,
                watermark_ms=now_ms - 60_000,
                partition=partition,
                institution=institution,
                app=app,
                visits=tried,
                attempts=tried,
                completions=done,
                codes={rng.choice(CODES): tried - done} if tried > done else {},
            ),
        )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def send(producer: AIOKafkaProducer, prefix: str, records: Iterator[Record]) -> int:
    """Put records onto their topics; returns how many."""
    number = 0
    for topic, value in records:
        await producer.send(f"{prefix}{topic}", value)
        number += 1
    return number
