"""The engine in this process, with everything noted that it tells."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pipeline.engine import Changes, Engine, Fold, Job, KafkaSettings, Observer, StreamClock
from tests.engine.counting import counting
from tests.engine.stage import Stage, eventually

CHECKPOINT_S = 0.1
NEVER_S = 1_000.0


class Notes(Observer):
    """What the engine told, in order."""

    def __init__(self) -> None:
        self.commits: list[tuple[int, Changes, int]] = []
        self.restores: list[tuple[int, int, int]] = []
        self.failures: list[tuple[int, BaseException]] = []

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:
        assert seconds >= 0
        self.commits.append((partition, changes, records))

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:
        assert seconds >= 0
        self.restores.append((partition, keys, records))

    def failed(self, partition: int, reason: BaseException) -> None:
        self.failures.append((partition, reason))

    @property
    def records(self) -> int:
        """Input records in committed checkpoints."""
        return sum(records for _, _, records in self.commits)


def engine_of(
    stage: Stage,
    notes: Observer | None = None,
    *,
    make_fold: Callable[[int, StreamClock], Fold] | None = None,
    engine_type: type[Engine] = Engine,
    kafka: KafkaSettings | None = None,
    **job: Any,
) -> Engine:
    """An engine that counts on this stage; not started."""
    told: dict[str, Any] = {
        "group": stage.group,
        "agent": "count",
        "topic": stage.source,
        "changelog": stage.changelog,
        "outputs": (stage.output,),
        "make_fold": make_fold or counting(stage.output),
        "checkpoint_s": CHECKPOINT_S,
    }
    return engine_type(Job(**(told | job)), kafka or KafkaSettings(stage.kafka), notes)


@asynccontextmanager
async def started(engine: Engine) -> AsyncIterator[Engine]:
    """Start it and, at the end, stop it, whatever it went through."""
    await engine.app.start()
    try:
        yield engine
    finally:
        await engine.app.stop()


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Engine]:
    """Started, and all partitions running."""
    async with started(engine):
        await eventually(lambda: engine.ready and bool(engine.tasks), "the engine is ready")
        yield engine
