"""What happens to the workers and the broker, one thing after the other while events flow."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from aiokafka import AIOKafkaProducer

from pipeline.broker import Broker
from tests.soak.crew import Crew, Worker

LEAST_WORKERS: Final = 2
MOST_WORKERS: Final = 3
LEAVE_S: Final = 30.0
TAKE_OVER_S: Final = 45.0
"""The session timeout of 10 s, a rebalance and a restore, on a machine that has other things to do as well."""


@dataclass
class Stage:
    crew: Crew
    broker: Broker
    rng: Random
    say: Callable[[str], None]
    partitions: int
    group: str
    done: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    """What was to happen and could not be brought about."""
    leave_s: list[float] = field(default_factory=list)

    async def settle(self) -> None:
        """Until each partition has been committed once more."""
        before = Counter(self.crew.commits)
        waiting = set(range(self.partitions))

        def all_committed() -> bool:
            waiting.difference_update([p for p in waiting if self.crew.commits[p] > before[p]])
            return not waiting

        if not await self.crew.wait_until(all_committed, TAKE_OVER_S):
            self.missed.append(f"partitions {sorted(waiting)} stood still for {TAKE_OVER_S:.0f} s")

    async def busy(self) -> Worker:
        """A worker that holds partitions; waits for one."""
        await self.crew.wait_until(lambda: self.crew.busy() is not None, TAKE_OVER_S)
        return self.crew.busy() or self.crew.running[0]


async def kill(stage: Stage) -> None:
    await stage.crew.kill(stage.rng.choice(stage.crew.running))


def kill_at(order: str) -> Callable[[Stage], Awaitable[None]]:
    async def kill_there(stage: Stage) -> None:
        crew = stage.crew
        done = crew.orders[order]
        for _ in range(4):
            worker = await stage.busy()
            worker.order(order)
            await crew.wait_until(lambda worker=worker: not worker.running, 15)  # type: ignore[misc]
            if crew.orders[order] > done:  # and not killed by something else
                return
        stage.missed.append(order)

    return kill_there


async def leave(stage: Stage) -> None:
    """One worker fewer, politely."""
    crew = stage.crew
    if len(crew.running) <= LEAST_WORKERS:
        await join(stage)
    crew.wanted = max(LEAST_WORKERS, len(crew.running) - 1)
    await _end(stage, await stage.busy())
    stage.done["leave"] += 1


async def end(stage: Stage) -> None:
    """All workers, politely and at once."""
    stage.crew.wanted = 0
    await asyncio.gather(*(_end(stage, worker) for worker in stage.crew.running))


async def _end(stage: Stage, worker: Worker) -> None:
    crew = stage.crew
    worker.expected = True
    stage.say(f"{worker} is asked to leave")
    began = time.monotonic()
    worker.signal(signal.SIGTERM)
    if not await crew.wait_until(lambda: not worker.running, LEAVE_S):
        stage.missed.append(f"{worker} did not leave within {LEAVE_S:.0f} s")
        await crew.kill(worker)
        return
    stage.leave_s.append(time.monotonic() - began)
    if worker.process.returncode not in (0, -signal.SIGKILL):
        stage.missed.append(f"{worker} left with {worker.process.returncode} {worker.reason}")


async def join(stage: Stage) -> None:
    """One worker more."""
    crew = stage.crew
    if len(crew.running) >= MOST_WORKERS:
        await leave(stage)
    crew.wanted = min(MOST_WORKERS, len(crew.running) + 1)
    worker = await crew.start()
    await crew.wait_until(lambda: worker in crew.holders.values() or not worker.running, TAKE_OVER_S)
    stage.done["join"] += 1


def in_revoke(order: str) -> Callable[[Stage], Awaitable[None]]:
    async def fail_in_revoke(stage: Stage) -> None:
        crew = stage.crew
        done = crew.orders[order]
        for _ in range(6):
            (await stage.busy()).order(order)
            # Whoever comes or goes, all partitions of all workers are revoked.
            await (join if len(crew.running) < MOST_WORKERS else leave)(stage)
            if await crew.wait_until(lambda: crew.orders[order] > done, 5):
                return
            await stage.settle()
        stage.missed.append(order)

    return fail_in_revoke


def in_restore(order: str) -> Callable[[Stage], Awaitable[None]]:
    async def fail_in_restore(stage: Stage) -> None:
        crew = stage.crew
        worker = await _replace(stage, order)
        if not await crew.wait_until(lambda: worker.did(order) is not None or not worker.running, TAKE_OVER_S):
            stage.missed.append(order)

    return fail_in_restore


def stop_in_restore(order: str) -> Callable[[Stage], Awaitable[None]]:
    """The worker stands still in the middle of a restore until others have its partition, then goes on."""

    async def stop_there(stage: Stage) -> None:
        crew = stage.crew
        worker = await _replace(stage, order)
        if not await crew.wait_until(lambda: worker.did(order) is not None or not worker.running, TAKE_OVER_S):
            stage.missed.append(order)
            return
        stopped = worker.did(order) or {}
        partition = int(stopped.get("partition", str(stopped.get("producer", "0")).rpartition("-")[2]))
        before = crew.restores[partition]
        if not await crew.wait_until(lambda: crew.restores[partition] > before, TAKE_OVER_S):
            stage.missed.append(f"nobody took partition {partition} over after {order}")
        await asyncio.sleep(stage.rng.uniform(0, 2))
        stage.say(f"{worker} goes on")
        worker.signal(signal.SIGCONT)

    return stop_there


async def stop_until_gone(stage: Stage) -> None:
    crew = stage.crew
    worker = await stage.busy()
    held = [partition for partition, holder in crew.holders.items() if holder is worker]
    stage.say(f"{worker} stands still with {held}")
    worker.signal(signal.SIGSTOP)
    gone = await crew.wait_until(lambda: all(crew.holders[partition] is not worker for partition in held), TAKE_OVER_S)
    if not gone:
        stage.missed.append(f"partitions of {worker} were not taken over")
    await asyncio.sleep(stage.rng.uniform(0, 3))
    stage.say(f"{worker} goes on")
    worker.signal(signal.SIGCONT)


async def hold_transaction(stage: Stage) -> None:
    crew = stage.crew
    for _ in range(3):
        worker = await stage.busy()
        worker.order("hold-transaction")
        if await crew.wait_until(lambda worker=worker: worker.did("hold-transaction") is not None, 15):  # type: ignore[misc]
            break
    else:
        stage.missed.append("hold-transaction")
        return
    partition = (worker.did("hold-transaction") or {})["partition"]
    failures = crew.failures[partition]
    if not await crew.wait_until(lambda: crew.failures[partition] > failures or not worker.running, TAKE_OVER_S):
        stage.missed.append("a transaction that was held over its time did not fail")


async def fence_owner(stage: Stage) -> None:
    """Somebody takes the transactional id of a healthy owner, as a worker does that slept in a restore."""
    crew = stage.crew
    worker = await stage.busy()
    partition = stage.rng.choice([partition for partition, holder in crew.holders.items() if holder is worker])
    failures = crew.failures[partition]
    producer = AIOKafkaProducer(
        bootstrap_servers=stage.broker.bootstrap,
        transactional_id=f"{stage.group}-sessions-{partition}",
    )
    await producer.start()
    await producer.stop()
    if not await crew.wait_until(lambda: crew.failures[partition] > failures or not worker.running, 30):
        stage.missed.append(f"the owner of partition {partition} did not notice that it was fenced")


def kill_broker(least_s: float, most_s: float) -> Callable[[Stage], Awaitable[None]]:
    async def kill_for_a_while(stage: Stage) -> None:
        # A worker that starts meanwhile ends at once, with words, and is started again.
        stage.crew.broker_away = True
        await asyncio.to_thread(stage.broker.kill)
        await asyncio.sleep(stage.rng.uniform(least_s, most_s))
        await asyncio.to_thread(stage.broker.start)
        stage.say("the broker is back")
        await stage.settle()
        stage.crew.broker_away = False

    return kill_for_a_while


async def stop_broker(stage: Stage) -> None:
    """It stands still for longer than a worker's session may be silent, then goes on as if nothing had been."""
    stage.crew.broker_away = True
    pid = stage.broker.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(stage.rng.uniform(11, 13))
    finally:
        os.kill(pid, signal.SIGCONT)
    stage.say("the broker goes on")
    await stage.settle()
    stage.crew.broker_away = False


async def _replace(stage: Stage, order: str) -> Worker:
    """Kill a worker and start one that has the order from its first moment on."""
    crew = stage.crew
    wanted, crew.wanted = crew.wanted, 0
    victim = await stage.busy()
    await crew.kill(victim)
    await crew.wait_until(lambda: not victim.running, 5)
    crew.wanted = wanted
    return await crew.start(order)


INCIDENTS: Final[dict[str, Callable[[Stage], Awaitable[None]]]] = {
    "kill": kill,
    **{order: kill_at(order) for order in ("kill-before-send", "kill-before-offsets", "kill-before-commit")},
    "kill-after-commit": kill_at("kill-after-commit"),
    "leave": leave,
    "join": join,
    **{order: in_revoke(order) for order in ("raise-in-revoke", "abort-in-revoke")},
    **{order: in_restore(order) for order in ("raise-in-restore", "outage-in-restore")},
    **{order: stop_in_restore(order) for order in ("stop-before-fencing", "stop-after-fencing")},
    "stop-until-gone": stop_until_gone,
    "hold-transaction": hold_transaction,
    "fence-owner": fence_owner,
    "kill-broker": kill_broker(0, 4),
    "lose-broker": kill_broker(22, 24),  # over the time that a checkpoint may take
    "stop-broker": stop_broker,
}
