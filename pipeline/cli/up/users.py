"""The made-up users of `up`."""

import random
import time
from dataclasses import replace

from aiokafka import AIOKafkaProducer

from pipeline.cli.up.plan import Plan
from pipeline.engine import KafkaSettings
from pipeline.simulator import Simulation
from pipeline.simulator.feed import PRODUCER_SETTINGS, Fed, feed

HISTORY_MS = 20 * 60_000
"""A session closes up to 9 minutes after its last event. So that there is something to see at once, the first users
came this long ago, and what they did is delivered as fast as it goes."""
SEEDS = 1_000_000


class Users:
    """They come, to begin with 20 minutes ago if the topic is new, and then as time goes."""

    def __init__(self, plan: Plan, users_per_minute: float, *, new_topic: bool) -> None:
        self.seed = random.randrange(SEEDS) if plan.seed is None else plan.seed  # noqa: S311  # made-up users
        self.users_per_minute = users_per_minute
        self.fed = Fed()
        now_ms = time.time_ns() // 1_000_000
        self.history_ms = HISTORY_MS if new_topic else 0
        self.begun_ms = now_ms - self.history_ms
        self._simulation = Simulation(
            # Were the seed of records that are kept drawn from again, the same visits would come once more.
            self.seed if new_topic else self.seed + now_ms,
            users_per_minute,
            self.begun_ms,
            incidents=[replace(spec, start_ms=spec.start_ms + self.history_ms) for spec in plan.incidents],
            keep_truth=False,
        )

    @property
    def history_left_ms(self) -> int:
        """How much of the history is still to be delivered."""
        return max(0, self.begun_ms + self.history_ms - max(self.begun_ms, self.fed.delivered_ms))

    async def come(self, kafka: KafkaSettings, topic: str) -> None:
        """Deliver what they do, until cancelled.

        Raises:
            KafkaError: the broker takes no more.
        """
        async with AIOKafkaProducer(**kafka.client(), **PRODUCER_SETTINGS) as producer:
            await feed(self._simulation, producer, topic, fed=self.fed)
