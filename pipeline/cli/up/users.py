"""The made-up users of `up`."""

import heapq
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from aiokafka import AIOKafkaProducer

from pipeline.cli.up.plan import Plan
from pipeline.engine import KafkaSettings
from pipeline.simulator import Incident, Simulation
from pipeline.simulator.feed import PRODUCER_SETTINGS, Fed, feed

HISTORY_MS = 20 * 60_000
"""A session closes up to 9 minutes after its last event. So that there is something to see at once, some users came
this long ago, and what they did is delivered as fast as it goes."""
HISTORY_USERS_PER_MINUTE = 600.0
"""At most: the history is to be over in a few seconds. Where more come afterwards, that looks like a rush."""
SEEDS = 1_000_000

Delivered = tuple[int, bytes, bytes]


class Users:
    """They come, to begin with 20 minutes ago if the topic is new, and then as time goes."""

    def __init__(self, plan: Plan, users_per_minute: float, *, new_topic: bool) -> None:
        self.seed = random.randrange(SEEDS) if plan.seed is None else plan.seed  # noqa: S311  # made-up users
        self.users_per_minute = users_per_minute
        self.incidents = plan.incidents
        self.fed = Fed()
        self.begun_ms = time.time_ns() // 1_000_000
        self.history_ms = HISTORY_MS if new_topic else 0
        self._simulation: Simulation
        if new_topic:
            self._simulation = HistoryFirst(self.seed, users_per_minute, self.begun_ms, plan.incidents)
        else:
            # Were it the seed of the records that are kept, the same visits would come once more.
            seed = self.seed + self.begun_ms
            self._simulation = Simulation(
                seed, users_per_minute, self.begun_ms, incidents=plan.incidents, keep_truth=False
            )

    @property
    def history_left_ms(self) -> int:
        """How much of the history is still to be delivered."""
        return min(self.history_ms, max(0, self.begun_ms - self.fed.delivered_ms))

    async def come(self, kafka: KafkaSettings, topic: str) -> None:
        """Deliver what they do, until cancelled.

        Raises:
            KafkaError: the broker takes no more.
        """
        async with AIOKafkaProducer(**kafka.client(), **PRODUCER_SETTINGS) as producer:
            await feed(self._simulation, producer, topic, fed=self.fed)


class HistoryFirst(Simulation):
    """Users from `start_ms` on, and others who came in the 20 minutes before, of whom some are still there."""

    def __init__(self, seed: int, users_per_minute: float, start_ms: int, incidents: Sequence[Incident]) -> None:
        super().__init__(seed, users_per_minute, start_ms, incidents=incidents, keep_truth=False)
        before = min(users_per_minute, HISTORY_USERS_PER_MINUTE)
        self._history = Simulation(
            seed + SEEDS,
            before,
            start_ms - HISTORY_MS,
            incidents=[replace(each, start_ms=each.start_ms + HISTORY_MS) for each in incidents],
            users=round(before * HISTORY_MS / 60_000),
            keep_truth=False,
        )

    def events(self) -> Iterator[Delivered]:
        return heapq.merge(self._history.events(), super().events())
