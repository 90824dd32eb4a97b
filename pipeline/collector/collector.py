"""A collector: the door, what is behind it, and its life."""

import logging
import time
from collections.abc import Callable
from typing import Any, Self

from pipeline.collector.backend import ApiEvents
from pipeline.collector.counts import Counts
from pipeline.collector.events import Events
from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.rejections import Rejections
from pipeline.collector.router import Endpoint, Router
from pipeline.collector.scripts import scripts
from pipeline.collector.server import Server
from pipeline.collector.settings import Settings
from pipeline.collector.webhook_ids import WebhookIds
from pipeline.collector.webhooks import Webhooks
from pipeline.collector.writer import Writer
from pipeline.engine.kafka import KafkaSettings

log = logging.getLogger(__name__)

DRAIN_S = 2.0
"""Beside the time that Kafka has to acknowledge."""


class Collector:
    """Takes events and writes them to the events topic; runs in the event loop of the caller."""

    def __init__(self, kafka: KafkaSettings, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        limits = settings.limits
        self.settings = settings
        self.counts = counts = Counts()
        self.memory = MemoryBudget(limits.waiting_bytes)
        self.writer = Writer(kafka, settings.topic, budget=self.memory, acknowledged_s=limits.acknowledged_s)
        self.rejected = Writer(kafka, settings.rejected_topic, budget=self.memory, acknowledged_s=limits.acknowledged_s)
        self.webhook_ids = WebhookIds(kafka, settings.webhooks_topic, acknowledged_s=limits.acknowledged_s, clock=clock)
        rejections = Rejections(self.rejected, limits, counts)
        common: tuple[Any, ...] = (settings, self.writer, rejections, counts, clock)
        routes: dict[str, tuple[str, str, Endpoint]] = {
            "/v1/events": ("POST", "events", Events(*common)),
            "/v1/api-events": ("POST", "api-events", ApiEvents(*common)),
            "/v1/webhooks/flinks": (
                "POST",
                "webhooks",
                Webhooks(settings, self.writer, rejections, counts, clock, self.webhook_ids),
            ),
        }
        routes |= {path: ("GET", "listener", endpoint) for path, endpoint in scripts().items()}
        self.router = Router(routes, settings.keys, self.memory, counts, settings.base_path)
        self.server = Server(
            self.router,
            host=settings.host,
            port=settings.port,
            limits=limits,
            counts=counts,
            behind_s=lambda: max(self.writer.behind_s, self.rejected.behind_s),
        )
        self._gauges()

    async def start(self) -> Self:
        """Listen, and connect to Kafka meanwhile; until then requests are refused with 503.

        Raises:
            OSError: the port is taken.
        """
        await self.server.start()
        self.writer.start()
        self.rejected.start()
        self.webhook_ids.start()
        return self

    async def stop(self) -> None:
        """Finish what was accepted."""
        left = await self.server.drain(self.settings.limits.acknowledged_s + DRAIN_S)
        if left:
            log.warning("%d requests were not finished; their senders will send again", left)
        await self.writer.stop()
        await self.rejected.stop()
        await self.webhook_ids.stop()

    @property
    def url(self) -> str:
        """Where a person on this machine finds it."""
        host = self.settings.host
        host = "localhost" if host in {"", "0.0.0.0", "127.0.0.1", "::"} else host  # noqa: S104  # compared
        return f"http://{host}:{self.server.port}{self.settings.base_path}"

    async def unready(self) -> str | None:
        """Why no events are taken, None if they are."""
        if self.server.guard.draining:
            return "stopping"
        return self.writer.unready or self.rejected.unready or self.webhook_ids.unready

    def _gauges(self) -> None:
        self.counts.gauges |= {
            "flinks_collector_connections": ("Open connections.", lambda: len(self.server.guard.protocols)),
            "flinks_collector_working": ("Requests that are worked on.", lambda: self.server.working),
            "flinks_collector_waiting_bytes": (
                (
                    "Bytes of bodies being read and of records that Kafka has not acknowledged. At "
                    f"{self.memory.most_bytes:,} requests are refused with 503: Kafka is slow, or there are too few "
                    "collectors."
                ),
                lambda: self.memory.taken,
            ),
        }
        self.counts.counters |= {
            "flinks_collector_acknowledged_records": (
                "Records that Kafka has acknowledged.",
                lambda: self.writer.acknowledged + self.rejected.acknowledged,
            ),
            "flinks_collector_kafka_failures": (
                "Producers that were replaced, because a batch failed or no broker was there.",
                lambda: self.writer.failures + self.rejected.failures,
            ),
        }
