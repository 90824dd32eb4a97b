"""The collector of `up`: a door for pages on this machine, with a key that is made up."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pipeline.cli.topic_plan import TopicNames
from pipeline.cli.up.free_port import free_port
from pipeline.cli.up.plan import Plan
from pipeline.collector import App, Collector, Keys, Settings
from pipeline.collector.origins import Origins
from pipeline.collector.verdict import ACCEPTED
from pipeline.engine import KafkaSettings

APP = "try"
LOOK_S = 0.1


class OpenDoor:
    """A collector that runs, and how to use it."""

    def __init__(self, collector: Collector, key: str) -> None:
        self.collector = collector
        self.key = key

    @property
    def script_tag(self) -> str:
        return f'<script src="{self.collector.url}/listener.js" data-key="{self.key}" async></script>'

    @property
    def curl(self) -> str:
        """Sends one event."""
        body = {
            "v": 1,
            "key": self.key,
            "connect_session_id": "hello-1",
            "events": [{"id": "hello-1", "data": {"step": "APP_MOUNTED"}}],
        }
        told = json.dumps(body, separators=(",", ":"))
        return f"curl {self.collector.url}/v1/events -H 'Content-Type: application/json' -d '{told}'"

    @property
    def accepted(self) -> int:
        return sum(number for (_, verdict), number in self.collector.counts.events.items() if verdict == ACCEPTED)

    async def tell_of_the_first(self, say: Callable[[str], None]) -> None:
        """Say when the first event came in; never returns, as a guard should not."""
        while not self.accepted:  # noqa: ASYNC110  # nobody sets an event for it
            await asyncio.sleep(LOOK_S)
        say("The first event came in.")
        await asyncio.Event().wait()


@asynccontextmanager
async def open_door(plan: Plan, kafka: KafkaSettings, names: TopicNames) -> AsyncIterator[OpenDoor]:
    """Open it, for pages of every origin; what was accepted is finished at the end.

    Raises:
        OSError: the port is taken.
    """
    key = f"wk_{secrets.token_hex(12)}"
    host, port = plan.admin_host, plan.collector_port
    settings = Settings(
        keys=Keys(by_write_key={key: App(APP, origins=Origins(anywhere=True))}),
        topic=names.events,
        rejected_topic=names.rejected,
        host=host,
        port=free_port(host, port) if plan.any_collector_port else port,
    )
    collector = await Collector(kafka, settings).start()
    try:
        yield OpenDoor(collector, key)
    finally:
        await collector.stop()
