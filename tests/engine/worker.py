"""A worker process of its own, to be killed, paused and resumed; and the program that it runs.

The program prints a line for each thing that happens to it: restored 0, committed 0 20, failed 0 ProducerFenced.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer

from pipeline.engine import Changes, Engine, KafkaSettings, Observer, transport
from pipeline.engine.checkpoint import Checkpoint
from pipeline.engine.errors import MembershipLostError
from pipeline.engine.task import PartitionTask
from tests.engine.running import engine_of
from tests.engine.stage import Stage, eventually

SESSION_MS = 6_000
"""The shortest that a broker allows, so that a dead worker is soon missed."""
HEARTBEAT_MS = 500


class Worker:
    """A worker process on a stage.

    `stop_at` = (step, number): at its so-many-th step of that name it ends or pauses itself. Steps are those of a
    checkpoint (send, send_offset, commit, committed), and of a restore: ask, before it asks the group whether it is a
    member, and fence, after the answer and before the fencing producer starts.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        stage: Stage,
        *,
        stop_at: tuple[str, int] = ("", 0),
        by: signal.Signals = signal.SIGKILL,
        heartbeat_ms: int = HEARTBEAT_MS,
    ) -> "Worker":
        told = json.dumps([stage.kafka, stage.name, stage.partitions, *stop_at, by, heartbeat_ms])
        return cls(await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, told, stdout=PIPE))

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().strip())

    def count(self, beginning: str) -> int:
        return sum(line.startswith(beginning) for line in self.lines)

    def lines_of(self, beginning: str) -> list[str]:
        return [line for line in self.lines if line.startswith(beginning)]

    async def says(self, beginning: str, times: int = 1) -> None:
        """Wait until it said so, so many times in all."""
        await eventually(lambda: self.count(beginning) >= times, f"{beginning!r} {times} times of {self.process.pid}")

    async def is_paused(self) -> None:
        """Wait until it stopped itself by SIGSTOP."""
        with open(f"/proc/{self.process.pid}/stat") as stat:  # noqa: ASYNC230, PTH123  a file that is no file
            await eventually(lambda: _state(stat) == "T", f"{self.process.pid} is paused")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, within_s: float = 30) -> int:
        """Wait for its end; returns its exit status, or minus the signal's number."""
        async with asyncio.timeout(within_s):
            status = await self.process.wait()
            await self._reading
        return status

    async def stop(self) -> int:
        """Stop it as an operator would."""
        self.send(signal.SIGTERM)
        return await self.ended()


def _state(stat: Any) -> str:
    stat.seek(0)
    return str(stat.read()).rpartition(")")[2].split()[0]


@asynccontextmanager
async def worker(stage: Stage, **how: Any) -> AsyncIterator[Worker]:
    """A worker, started as `Worker.start` says, that is gone afterwards, whatever happens."""
    started = await Worker.start(stage, **how)
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            started.send(signal.SIGKILL)
        await started.ended()


# The program


class Steps:
    """Counts steps, and lets the process end or pause at one of them."""

    def __init__(self, step: str, number: int, by: int) -> None:
        self._step, self._left, self._by = step, number, by

    def at(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._by)


def watched(steps: Steps) -> type[Checkpoint]:
    class Watched(Checkpoint):
        async def send(self) -> None:
            steps.at("send")
            await super().send()

        async def send_offset(self) -> None:
            steps.at("send_offset")
            await super().send_offset()

        async def commit(self) -> None:
            steps.at("commit")
            await super().commit()
            steps.at("committed")

    return Watched


class Watching(KafkaSettings):
    steps: Steps

    def transactional_producer(self, transactional_id: str) -> AIOKafkaProducer:
        self.steps.at("fence")
        return super().transactional_producer(transactional_id)


class Telling(Observer):
    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:
        say(f"committed {partition} {records} {len(changes.states)} {seconds:.3f}")

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:
        say(f"restored {partition} {keys} {records} {seconds:.3f}")

    def failed(self, partition: int, reason: BaseException) -> None:
        say(f"failed {partition} {type(reason).__name__}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Saying(Engine):
    steps: Steps

    async def _restore(self, task: PartitionTask) -> None:
        self.steps.at("ask")
        try:
            await super()._restore(task)
        except MembershipLostError:
            say("not a member")
            raise

    def assign(self, assigned: Any, generation: int) -> None:
        say(f"assigned {sorted(tp.partition for tp in assigned)}")
        super().assign(assigned, generation)


async def work(told: str) -> None:
    bootstrap, name, partitions, step, number, by, heartbeat_ms = json.loads(told)
    transport.SESSION_TIMEOUT_MS = SESSION_MS
    transport.HEARTBEAT_MS = heartbeat_ms
    steps = Steps(step, number, by)
    kafka = Watching(bootstrap)
    object.__setattr__(kafka, "steps", steps)
    engine = engine_of(Stage(bootstrap, name, partitions), Telling(), engine_type=Saying, kafka=kafka)
    assert isinstance(engine, Saying)
    engine.steps = steps
    engine.checkpoint_type = watched(steps)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await engine.app.start()
    await engine.app.wait_first(stop.wait())
    await engine.app.stop()
    if engine.failure is not None:
        raise engine.failure


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
