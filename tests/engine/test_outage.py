"""A broker that dies and comes back."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from pipeline.engine import Engine, transport
from tests.engine.counting import Counting
from tests.engine.running import engine_of, running, started
from tests.engine.stage import Stage, eventually, once, stage

SESSION_MS = 6_000
STOP_S = 5.0
TICKS = 10


@pytest.fixture(scope="module")
def mortal(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of these tests' own that keeps its data and its address when it is killed; each test revives it."""
    assert kafka  # if that one runs here, this one does
    (port,) = free_ports(1)
    broker = Broker(port, tmp_path_factory.mktemp("mortal") / "kafka")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class Ticking(Engine):
    ticks = 0

    async def _tick(self) -> None:
        self.ticks += 1
        await super()._tick()

    async def ticked(self) -> None:
        """Wait until it has looked at its partitions a few times more."""
        goal = self.ticks + TICKS
        await eventually(lambda: self.ticks >= goal, "ticks")


@pytest.fixture(autouse=True)
def quick_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that could not leave the group is missed after the shortest time that a broker allows."""
    monkeypatch.setattr(transport, "SESSION_TIMEOUT_MS", SESSION_MS)


async def revive(broker: Broker) -> None:
    await asyncio.to_thread(broker.start)


class TestOutage:
    async def test_is_survived(self, mortal: Broker, caplog: pytest.LogCaptureFixture) -> None:
        """Outage: killed under load and started again, the broker has its worker back unaided, with nothing lost.

        While it is silent the watermark of an idle partition stands still, for silence is not idleness.
        """
        topics = await stage(mortal.bootstrap)
        engine = engine_of(topics, engine_type=Ticking, disorder_ms=0)
        assert isinstance(engine, Ticking)
        async with running(engine):
            await topics.produce(range(100))
            await topics.drained()
            idle = engine.tasks[TP(topics.source, 1)].fold
            assert isinstance(idle, Counting)
            await eventually(lambda: bool(idle.advanced), "idle")
            await topics.produce(range(100, 200, 2))  # all for the other partition
            await asyncio.to_thread(mortal.kill)
            await engine.ticked()
            before = idle.clock.watermark_ms
            await engine.ticked()
            assert idle.clock.watermark_ms == before
            await revive(mortal)
            await topics.produce(range(200, 300))
            await topics.drained()
        assert engine.failure is None
        assert await topics.accounted() == once([*range(100), *range(100, 200, 2), *range(200, 300)])
        ours = [record for record in caplog.records if record.name.startswith("pipeline.engine")]
        assert len(ours) < 20

    async def test_does_not_hold_up_a_stop(self, mortal: Broker) -> None:
        """Outage: a worker that is stopped while the broker is down ends within 5 s; the next one does the rest."""
        topics = await stage(mortal.bootstrap, partitions=1)
        async with started(engine_of(topics)) as engine:
            await topics.produce(range(50))
            await topics.drained()
            await topics.produce(range(50, 100))
            await eventually(lambda: sum(task.position for task in engine.tasks.values()) == 100, "folded")
            await asyncio.to_thread(mortal.kill)
            began = time.monotonic()
        assert time.monotonic() - began < STOP_S
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        await revive(mortal)
        async with running(engine_of(topics)):
            await topics.drained()
        assert await topics.accounted() == once(range(100))

    async def test_at_the_start_is_an_error(self) -> None:
        """Outage: without a broker a start fails at once with the connection's error, for an operator to see."""
        (port,) = free_ports(1)
        nowhere = Stage(f"localhost:{port}", "nobody", 1)
        engine = engine_of(nowhere)
        with pytest.raises(KafkaConnectionError):
            await engine.app.start()
        await engine.app.stop()
