"""Which webhooks came, to whichever collector: their ids on a topic of their own, and those of six hours in memory."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.problem import Problem
from pipeline.collector.recent_ids import RecentIds
from pipeline.collector.writer import RETRY_AFTER_S, Writer
from pipeline.engine.follow import Followed, Follower
from pipeline.engine.kafka import KafkaSettings

log = logging.getLogger(__name__)

REPEATED_S: Final = 6 * 60 * 60
"""Flinks repeats what was not answered with 200 ten times, 30 minutes apart."""
MOST_SEEN: Final = 500_000
"""Of 32 characters each: some 60 MB."""
_MEMORY_BYTES: Final = 1 << 20


class WebhookIds:
    """Follows the topic of ids; without one it knows only what came to this process.

    An id is noted after its event is on the events topic: whoever dies in between takes the copy for a new one, which
    the sessions agent then knows by its id for 40 minutes.
    """

    def __init__(
        self, kafka: KafkaSettings, topic: str | None, *, acknowledged_s: float, clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._seen = RecentIds(REPEATED_S, MOST_SEEN)
        self._writer: Writer | None = None
        self._follower: Follower | None = None
        self._following: asyncio.Task[None] | None = None
        if topic is not None:
            self._writer = Writer(kafka, topic, budget=MemoryBudget(_MEMORY_BYTES), acknowledged_s=acknowledged_s)
            self._follower = Follower(kafka, [Followed(topic, REPEATED_S * 1000, self._note)])

    def start(self) -> None:
        """Begin to read."""
        if self._writer is not None and self._follower is not None:
            self._writer.start()
            self._following = asyncio.create_task(self._follower.run())

    async def stop(self) -> None:
        if self._writer is not None:
            await self._writer.stop()
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    @property
    def unready(self) -> str | None:
        """Why webhooks are refused, None if they are not."""
        if self._follower is None or self._follower.left == 0:
            return None
        return "the webhooks that came before are still being read"

    def require_ready(self) -> None:
        """Refuse a webhook that may have come before; raises Problem."""
        if (reason := self.unready) is not None:
            raise Problem("unavailable", reason, retry_after_s=RETRY_AFTER_S)

    def before(self, id_: str) -> bool:
        """Whether it came already."""
        return id_ in self._seen

    async def note(self, id_: str) -> None:
        """It came, and its event is on the events topic."""
        self._seen.add(id_, self._clock())
        if self._writer is not None:
            try:
                await self._writer.write({id_.encode(): [id_.encode()]})
            except Problem as problem:
                log.warning("other collectors do not learn of a webhook: %s", problem.detail)

    def _note(self, value: bytes) -> None:
        self._seen.add(value.decode(), self._clock())
