"""Sends notifications until they arrive, each receiver's in order and by itself."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from aiohttp import ClientSession

from pipeline.alerts.alert import Alert
from pipeline.alerts.notify.receiver import Receiver, RefusedError, why

log = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 300.0
"""Waits double from the first to this, with a random part so that many workers do not knock at once."""
REFUSALS: Final = 8
"""So often a notification may be refused for good, which takes a minute or two, before it is given up: a receiver that
is being deployed answers 404 for a while."""


class Delivery(NamedTuple):
    """One revision of an incident on its way to one receiver."""

    receiver: str
    id: str
    alert: Alert


class Courier:
    """Takes deliveries that are committed, and tells of those that are settled.

    At least once: what was sent and not yet told of when the process died is sent again, under the same id. One
    receiver that does not answer holds up nobody else, and one delivery that is refused for good is given up and holds
    up the next for a minute or two. While a receiver takes nothing, later news of an incident take the place of older
    ones: see `superseded`.
    """

    def __init__(
        self,
        receivers: Sequence[Receiver],
        settled: Callable[[Delivery], None],
        tried: Callable[[str, str], None],
        is_ours: Callable[[], bool] = lambda: True,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        """Nothing is under way yet.

        Args:
            receivers: Who is told.
            settled: Called once for each delivery that arrived, was given up, or is no longer worth sending.
            tried: Called with receiver and "sent" or "failed" for each try, and "given_up" for a delivery.
            is_ours: Whether it is for this process to tell, now; while it is not, what waits goes on to wait.
            first_retry_s: The first wait after a failure.
        """
        self._receivers = {receiver.name: receiver for receiver in receivers}
        self._waiting: dict[str, list[Delivery]] = {name: [] for name in self._receivers}
        self._came = {name: asyncio.Event() for name in self._receivers}
        self._settled = settled
        self._tried = tried
        self._is_ours = is_ours
        self._first_retry_s = first_retry_s

    def take(self, deliveries: Iterable[Delivery]) -> None:
        """Send these, but for those that are on their way already or whose receiver is no longer configured."""
        for delivery in deliveries:
            waiting = self._waiting.get(delivery.receiver)
            if waiting is None:
                self._settled(delivery)
            elif all(delivery.id != one.id for one in waiting):
                waiting.append(delivery)
                self._came[delivery.receiver].set()

    def restart(self, deliveries: Collection[Delivery]) -> None:
        """Send these and no others: while somebody else had the partition, what waits here may have been settled."""
        places = {(delivery.receiver, delivery.id) for delivery in deliveries}
        for waiting in self._waiting.values():
            waiting[:] = [one for one in waiting if (one.receiver, one.id) in places]
        self.take(deliveries)

    def leave_out(self, incident: str) -> None:
        """Tell nothing of an incident to receivers that have not been told that it fires."""
        for waiting in self._waiting.values():
            theirs = [delivery for delivery in waiting if delivery.alert.id == incident]
            if any(delivery.alert.state == "firing" for delivery in theirs):
                for delivery in theirs:
                    self._settle(delivery)

    async def run(self) -> None:
        """Until it is cancelled."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(ClientSession())
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            for receiver in self._receivers.values():
                tasks.create_task(self._serve(session, receiver))

    async def _serve(self, session: ClientSession, receiver: Receiver) -> None:
        waiting, came = self._waiting[receiver.name], self._came[receiver.name]
        complained_at = float("-inf")
        wait_s, refusals = self._first_retry_s, 0
        while True:
            await came.wait()
            if not waiting:
                came.clear()
                continue
            if not self._is_ours():
                await asyncio.sleep(self._first_retry_s)
                continue
            delivery = waiting[0]
            try:
                await receiver.send(session, delivery.id, delivery.alert)
            except Exception as error:  # noqa: BLE001  # whatever goes wrong with one, the others are told
                self._tried(receiver.name, "failed")
                refused = error if isinstance(error, RefusedError) else None
                refusals += refused is not None and refused.is_final
                if refusals == REFUSALS:
                    # A traceback would show the URL.
                    said = "%s refuses notification %s (%s), given up"
                    log.error(said, receiver.name, delivery.id, why(error))  # noqa: TRY400
                    self._tried(receiver.name, "given_up")
                    self._settle(delivery)
                else:
                    if time.monotonic() - complained_at > LAST_RETRY_S:
                        complained_at = time.monotonic()
                        log.warning("%s does not take notifications (%s), trying again", receiver.name, why(error))
                    asked_s = 0.0 if refused is None else min(refused.wait_s, LAST_RETRY_S)
                    some_s = wait_s * random.uniform(0.5, 1.0)  # noqa: S311  # no secret hangs on it
                    await asyncio.sleep(max(some_s, asked_s))
                    wait_s = min(2 * wait_s, LAST_RETRY_S)
                    for old in superseded(waiting):
                        self._settle(old)
            else:
                self._tried(receiver.name, "sent")
                self._settle(delivery)
            if not waiting or waiting[0] is not delivery:
                wait_s, refusals = self._first_retry_s, 0

    def _settle(self, delivery: Delivery) -> None:
        waiting = self._waiting[delivery.receiver]
        if delivery in waiting:
            waiting.remove(delivery)
            self._settled(delivery)


def superseded(waiting: Sequence[Delivery]) -> list[Delivery]:
    """Those of one receiver that a later one of the same incident makes needless, for each says all there is to say.

    That it fires is not replaced by an update: somebody may be woken by the first alone. The end replaces everything.
    """
    old, later = [], dict[str, set[str]]()
    for delivery in reversed(waiting):
        states = later.setdefault(delivery.alert.id, set())
        if states - {"updated"} or (states and delivery.alert.state == "updated"):
            old.append(delivery)
        states.add(delivery.alert.state)
    return old
