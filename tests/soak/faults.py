"""What goes wrong inside a worker, on order and once an order.

Kills, exceptions and stops sit at the points between which a worker can end: around the steps of a checkpoint, in a
checkpoint that a revoke asked for, and before and after a restore has fenced the former owner.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, Literal, NoReturn, get_args

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from pipeline.engine import KafkaSettings
from pipeline.engine.checkpoint import Checkpoint

Order = Literal[
    "kill-before-send",
    "kill-before-offsets",
    "kill-before-commit",
    "kill-after-commit",
    "hold-transaction",
    "raise-in-revoke",
    "abort-in-revoke",
    "raise-in-restore",
    "outage-in-restore",
    "stop-before-fencing",
    "stop-after-fencing",
]
ORDERS: Final = frozenset(get_args(Order))
HOLD_S: Final = 18.0
"""Over the transaction's timeout of 15 s and the second that the broker takes to notice."""

Say = Callable[..., None]


class OrderedError(Exception):
    """Raised because the soak asked for it."""


class Orders:
    """Orders that wait to be carried out. Given by the thread that reads them, taken by the worker's."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self._lock = Lock()
        self._waiting: list[str] = []

    def give(self, order: str) -> None:
        if order not in ORDERS:
            raise ValueError(f"no such order: {order}")
        with self._lock:
            self._waiting.append(order)

    def take(self, order: Order, **where: Any) -> bool:
        """Whether it is to be done here and now; says so if it is."""
        with self._lock:
            if order not in self._waiting:
                return False
            self._waiting.remove(order)
        self.say("order", order=order, **where)
        return True


def kill() -> NoReturn:
    """End as by a power cut: nothing is flushed, nobody is told."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL returned")


def stop() -> None:
    """Stand still until somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


class FaultyCheckpoint(Checkpoint):
    """A checkpoint that carries out orders between its steps."""

    orders: Orders
    revoking: Callable[[], bool]
    """Whether the worker's partitions are being revoked."""

    async def send(self) -> None:
        self._kill_if("kill-before-send")
        await super().send()

    async def send_offset(self) -> None:
        self._kill_if("kill-before-offsets")
        if self._told("raise-in-revoke", while_revoking=True):
            raise OrderedError("in a revoke's checkpoint")
        if self._told("abort-in-revoke", while_revoking=True):
            await self.producer.abort_transaction()
            raise OrderedError("after aborting a revoke's transaction")
        await super().send_offset()

    async def commit(self) -> None:
        self._kill_if("kill-before-commit")
        if self._told("hold-transaction", while_revoking=False):
            await asyncio.sleep(HOLD_S)
        await super().commit()
        self._kill_if("kill-after-commit")

    def _kill_if(self, order: Order) -> None:
        if self._told(order):
            kill()

    def _told(self, order: Order, *, while_revoking: bool | None = None) -> bool:
        # One that changes nothing is no test: what may be lost must be worth something.
        if not self.changes.states or while_revoking not in {None, type(self).revoking()}:
            return False
        return self.orders.take(
            order,
            partition=self.source.partition,
            position=self.mark.position,
            states=len(self.changes.states),
            results=sum(map(len, self.changes.results.values())),
        )


def faulty_checkpoint(orders: Orders, revoking: Callable[[], bool]) -> type[Checkpoint]:
    return type("OrderedCheckpoint", (FaultyCheckpoint,), {"orders": orders, "revoking": staticmethod(revoking)})


class FaultyKafka(KafkaSettings):
    """Settings through which a restore passes just before it fences the former owner."""

    orders: Orders

    def transactional_producer(self, transactional_id: str) -> AIOKafkaProducer:
        if self.orders.take("stop-before-fencing", producer=transactional_id):
            stop()
        return super().transactional_producer(transactional_id)


def faulty_kafka(bootstrap: str, orders: Orders) -> FaultyKafka:
    kafka = FaultyKafka(bootstrap)
    object.__setattr__(kafka, "orders", orders)  # it is frozen
    return kafka


def fault_in_restore(orders: Orders, partition: int) -> None:
    """Call it once a restore has fenced the former owner and read the changelog."""
    if orders.take("stop-after-fencing", partition=partition):
        stop()
    if orders.take("raise-in-restore", partition=partition):
        raise OrderedError("in a restore")
    if orders.take("outage-in-restore", partition=partition):
        raise KafkaConnectionError("the soak says that the broker cannot be reached")
