"""The workers as child processes: started, told what to do, watched, and replaced when they end."""

import asyncio
import contextlib
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

COMMAND: Final = [sys.executable, "-m", "tests.soak.worker"]

Say = Callable[[str], None]


class Worker:
    """One worker process, as far as it has told of itself."""

    def __init__(self, number: int, process: asyncio.subprocess.Process) -> None:
        self.number = number
        self.process = process
        self.orders: list[dict[str, Any]] = []
        """Carried out."""
        self.reason = ""
        """Of its end, when it told one."""
        self.expected = False
        """Whether it was told to end."""

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def __str__(self) -> str:
        return f"worker {self.number}"

    def order(self, order: str) -> None:
        if self.running and self.process.stdin is not None:
            self.process.stdin.write(order.encode() + b"\n")

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def did(self, order: str) -> dict[str, Any] | None:
        """Where it carried out an order, if it did."""
        return next((done for done in self.orders if done["order"] == order), None)


class Crew:
    """Keeps as many workers running as are wanted."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, rng: Random, say: Say) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.folder = folder
        self.rng = rng
        self.say = say
        self.wanted = 0
        self.workers: list[Worker] = []
        self.holders: dict[int, Worker] = {}
        """Who restored or committed a partition last."""
        self.commits: Counter[int] = Counter()
        self.restores: Counter[int] = Counter()
        self.failures: Counter[int] = Counter()
        self.kills: Counter[str] = Counter()
        """Processes that ended by SIGKILL, by the point at which they did."""
        self.orders: Counter[str] = Counter()
        self.unasked: list[str] = []
        """Ends that nobody asked for."""
        self.broker_away = False
        """Then a worker that ends is no wonder."""
        self.ended_without_broker = 0
        self.gave_up = 0
        """Workers that lost a partition twice within a minute, and ended as they are meant to."""
        self.restore_s: list[float] = []
        self.checkpoint_s: list[float] = []
        self._told = asyncio.Event()
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.running]

    def busy(self) -> Worker | None:
        """Any worker that holds partitions."""
        holders = sorted({w.number: w for w in self.holders.values() if w.running}.values(), key=lambda w: w.number)
        return self.rng.choice(holders) if holders else None

    async def start(self, *orders: str) -> Worker:
        number = len(self.workers) + 1
        with (self.folder / f"worker-{number}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                self.bootstrap,
                self.prefix,
                *orders,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        worker = Worker(number, process)
        self.workers.append(worker)
        self.say(f"{worker} starts{' with ' + ', '.join(orders) if orders else ''}")
        watching = asyncio.create_task(self._watch(worker))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        return worker

    async def kill(self, worker: Worker) -> None:
        worker.expected = True
        worker.signal(signal.SIGKILL)
        await worker.process.wait()

    async def wait_until(self, test: Callable[[], bool], timeout_s: float) -> bool:
        """Whether it came true in time; looked at whenever a worker tells something."""
        deadline = time.monotonic() + timeout_s
        while not test():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            self._told.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), left_s)
        return True

    async def close(self) -> None:
        """No worker is left, whatever they are doing."""
        self.wanted = 0
        for worker in self.running:
            await self.kill(worker)
        if self._watching:
            await asyncio.wait(self._watching)

    async def _watch(self, worker: Worker) -> None:
        assert worker.process.stdout is not None
        async for line in worker.process.stdout:
            self._hear(worker, orjson.loads(line))
            self._told.set()
        code = await worker.process.wait()
        self._bury(worker, code)
        self._told.set()
        if len(self.running) < self.wanted:
            await asyncio.sleep(self.rng.uniform(0, 1.5))
            if len(self.running) < self.wanted:
                await self.start()

    def _hear(self, worker: Worker, told: dict[str, Any]) -> None:
        what = told.pop("what")
        if what == "committed":
            self.commits[told["partition"]] += 1
            self.holders[told["partition"]] = worker
            self.checkpoint_s.append(told["seconds"])
            return
        if what == "restored":
            self.restores[told["partition"]] += 1
            self.holders[told["partition"]] = worker
            self.restore_s.append(told["seconds"])
        elif what == "failed":
            self.failures[told["partition"]] += 1
        elif what == "order":
            worker.orders.append(told)
            self.orders[told["order"]] += 1
        elif what == "crashed":
            worker.reason = told["reason"]
        self.say(f"{worker} {what} " + " ".join(f"{name}={value}" for name, value in told.items()))

    def _bury(self, worker: Worker, code: int) -> None:
        last = worker.orders[-1]["order"] if worker.orders else ""
        if code == -signal.SIGKILL:
            point = last.removeprefix("kill-") if last.startswith("kill-") else "anywhere"
            self.kills[point] += 1
            self.say(f"{worker} was killed: {point} (kill {self.kills.total()})")
            return
        asked = worker.expected or "OrderedError" in worker.reason
        if not asked and self.broker_away and worker.reason:
            self.ended_without_broker += 1
        elif not asked and worker.reason.startswith("RepeatedFailureError"):
            self.gave_up += 1
        elif not asked or (code != 0 and not worker.reason):
            self.unasked.append(f"{worker} ended with {code}: {worker.reason or 'no reason told'}")
        self.say(f"{worker} ended with {code} {worker.reason}")
