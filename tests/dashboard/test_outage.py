"""The broker goes away under the page, and comes back."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from pipeline.cli.dashboard_run import page_names
from pipeline.cli.topic_plan import TopicNames
from pipeline.dashboard import Dashboard, Settings
from pipeline.dashboard.minutes import Filter, total
from pipeline.engine import KafkaSettings
from tests.dashboard import made
from tests.dashboard.topics import create, write

PATIENCE_S = 60


class TestOutage:
    def test_goes_on_where_it_was(self, kafka: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """It says that Kafka is away, once; afterwards nothing is missing and nothing counts twice."""
        assert kafka, "there can be an embedded broker"
        port = free_ports(1)[0]
        broker = _start(port, tmp_path)
        try:
            create(broker.bootstrap, "x.counts", "x.events")
            write(broker.bootstrap, "x.counts", [made.count(at_ms=_now_ms(), attempts=3)])

            async def run() -> Broker:
                settings = Settings(port=0)
                async with Dashboard(KafkaSettings(broker.bootstrap), page_names(TopicNames("x.")), settings) as page:
                    await _until(lambda: _attempts(page) == 3 and page.health.problem is None)
                    await asyncio.to_thread(broker.stop)
                    await _until(lambda: page.health.problem is not None)
                    again = await asyncio.to_thread(_start, port, tmp_path)
                    await asyncio.to_thread(
                        write, again.bootstrap, "x.counts", [made.count(at_ms=_now_ms(), attempts=4)]
                    )
                    await _until(lambda: _attempts(page) >= 7 and page.health.problem is None)
                    assert _attempts(page) == 7
                    return again

            broker = asyncio.run(run())
        finally:
            broker.stop()
        told = Counter(record.msg for record in caplog.records if record.name.startswith("pipeline."))
        assert max(told.values()) <= 2, told  # the broker may come back only to go once more


def _start(port: int, data: Path) -> Broker:
    broker = Broker(port=port, data=data)
    broker.start()
    return broker


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _attempts(page: Dashboard) -> int:
    minute = _now_ms() // made.MINUTE_MS
    return total(page.model.counts.under(Filter()), minute - 10, minute).get("RBC", {}).get("attempts", 0)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110  # nobody sets an event for it
            await asyncio.sleep(0.05)
