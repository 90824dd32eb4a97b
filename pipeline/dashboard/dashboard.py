"""The live page: topics in, updates out."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from pipeline.dashboard.access import Access, AccessSettings
from pipeline.dashboard.health import Health, Topics
from pipeline.dashboard.hub import Hub
from pipeline.dashboard.minutes import MINUTE_MS, Filter
from pipeline.dashboard.model import COUNT_MINUTES, RESULT_MINUTES, Model
from pipeline.dashboard.search import Search
from pipeline.dashboard.server import PageServer
from pipeline.dashboard.snapshot import snapshot
from pipeline.engine.follow import Followed, Follower
from pipeline.engine.kafka import KafkaSettings

ALERTS_MS: Final = 7 * 24 * 60 * MINUTE_MS
"""An incident that nobody resolved within a week is none that a page has to begin with."""
FORGET_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Names:
    """The topics, and the group of the sessions agent."""

    events: str
    rejected: str
    sessions: str
    visits: str
    counts: str
    alerts: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the page is served."""

    host: str = "127.0.0.1"
    port: int = 9480
    access: AccessSettings = field(default_factory=AccessSettings)
    include_sandbox: bool = False
    explain_options: Sequence[str] = ()
    """Options of `explain` that tell where Kafka is."""


class Dashboard:
    """A context manager: the page is there as long as it lasts. History is read from the topics at the start."""

    def __init__(self, kafka: KafkaSettings, names: Names, settings: Settings) -> None:
        """Raises AccessError if the settings open the page to anybody."""
        settings.access.check(settings.host)
        self.model = model = Model(include_sandbox=settings.include_sandbox)
        self._alerts = names.alerts
        self._by_token = settings.access.token is not None
        results_ms = (RESULT_MINUTES + 1) * MINUTE_MS
        self.follower = Follower(
            kafka,
            [
                Followed(names.counts, (COUNT_MINUTES + 1) * MINUTE_MS, model.take_count),
                Followed(names.sessions, results_ms, model.take_session),
                Followed(names.visits, results_ms, model.take_visit),
                Followed(names.alerts, ALERTS_MS, model.take_alert),
            ],
        )
        self.health = Health(kafka, Topics(names.events, names.rejected, names.group))
        self.hub = Hub(self._build)
        self._search = Search(settings.explain_options)
        self._server = PageServer(
            self.hub, self._search, Access(settings.access), host=settings.host, port=settings.port
        )
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """Where a person on this machine finds it."""
        return self._server.url

    async def unready(self) -> str | None:
        """Why the page does not show everything yet, or None."""
        if self.health.problem:
            return self.health.problem
        left = self.follower.left
        if left is None:
            return "the topics have not been found yet"
        return f"{left} records of history are still to be read" if left else None

    async def ended(self) -> None:
        """Wait, for good if nothing goes wrong.

        Raises:
            Exception: what a part of it failed of.
        """
        await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> Self:
        """Raises OSError if the port is taken."""
        await self._server.start()
        parts = (self.follower.run(), self.health.run(), self.hub.run(), self._forget())
        self._tasks = [asyncio.create_task(part) for part in parts]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.stop()

    async def _forget(self) -> None:
        while True:
            self.model.forget(time.time_ns() // 1_000_000)
            await asyncio.sleep(FORGET_S)

    def _build(self, where: Filter, now_ms: int) -> Mapping[str, Any]:
        health = self.health.told(self.model, self.follower, now_ms)
        health["log_out"] = self._by_token
        health["detects"] = self._alerts not in self.follower.missing
        return {**snapshot(self.model, where, now_ms), "health": health}
