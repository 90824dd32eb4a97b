"""Sends notifications until they arrive, each receiver's in order and by itself."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

from aiohttp import ClientSession

from pipeline.alerts.alert import Alert
from pipeline.alerts.notify.receiver import Receiver, RefusedError, why

log = logging.getLogger(__name__)

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 300.0
"""Waits double from the first to this, with a random part so that many workers do not knock at once."""


class Delivery(NamedTuple):
    """One revision of an incident on its way to one receiver."""

    receiver: str
    id: str
    alert: Alert


class Courier:
    """Takes deliveries that are committed, and tells of those that arrived.

    At least once: what was sent and not yet told of when the process died is sent again, under the same id. One
    receiver that does not answer holds up nobody else.
    """

    def __init__(
        self,
        receivers: Sequence[Receiver],
        arrived: Callable[[Delivery], None],
        tried: Callable[[str, str], None],
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        """`arrived` is called once for each delivery, `tried` with receiver and "sent" or "failed" for each try."""
        self._receivers = {receiver.name: receiver for receiver in receivers}
        self._queues: dict[str, asyncio.Queue[Delivery]] = {name: asyncio.Queue() for name in self._receivers}
        self._known: set[tuple[str, str]] = set()
        self._arrived = arrived
        self._tried = tried
        self._first_retry_s = first_retry_s

    def take(self, deliveries: Iterable[Delivery]) -> None:
        """Send these, but for those that are on their way already or whose receiver is no longer configured."""
        for delivery in deliveries:
            place = delivery.receiver, delivery.id
            if delivery.receiver not in self._receivers:
                self._arrived(delivery)
            elif place not in self._known:
                self._known.add(place)
                self._queues[delivery.receiver].put_nowait(delivery)

    async def run(self) -> None:
        """Until it is cancelled."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(ClientSession())
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            for receiver in self._receivers.values():
                tasks.create_task(self._serve(session, receiver))

    async def _serve(self, session: ClientSession, receiver: Receiver) -> None:
        queue = self._queues[receiver.name]
        while True:
            delivery = await queue.get()
            await self._send(session, receiver, delivery)
            self._known.discard((delivery.receiver, delivery.id))
            self._arrived(delivery)

    async def _send(self, session: ClientSession, receiver: Receiver, delivery: Delivery) -> None:
        wait_s = self._first_retry_s
        complained_at = float("-inf")
        while True:
            try:
                await receiver.send(session, delivery.id, delivery.alert)
            except Exception as error:  # noqa: BLE001  # whatever goes wrong with one, the others are told
                self._tried(receiver.name, "failed")
                if time.monotonic() - complained_at > LAST_RETRY_S:
                    complained_at = time.monotonic()
                    log.warning("%s does not take notifications (%s), trying again", receiver.name, why(error))
                asked_s = error.wait_s if isinstance(error, RefusedError) else 0.0
                some_s = wait_s * random.uniform(0.5, 1.0)  # noqa: S311  # no secret hangs on it
                await asyncio.sleep(max(some_s, min(asked_s, LAST_RETRY_S)))
                wait_s = min(2 * wait_s, LAST_RETRY_S)
            else:
                self._tried(receiver.name, "sent")
                return
