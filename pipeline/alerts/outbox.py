"""Notifications that are on their way; they are part of the state, so that a crash loses none."""

from collections.abc import Iterable, Sequence

import msgspec

from pipeline.alerts.alert import Alert
from pipeline.alerts.notify.courier import Delivery

WAITING_MOST = 1_000
"""Of each receiver. When one has been away for so long, the oldest are left out: later revisions say more."""


class Outbox:
    """Deliveries by receiver, in order."""

    def __init__(self, receivers: Sequence[str]) -> None:
        """Every revision goes to each of these."""
        self._receivers = tuple(receivers)
        self._waiting: dict[tuple[str, str], Alert] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, alert: Alert) -> list[Delivery]:
        """Have it delivered to everybody; returns how."""
        deliveries = [Delivery(receiver, f"{alert.id}-{alert.revision}", alert) for receiver in self._receivers]
        for delivery in deliveries:
            theirs = [place for place in self._waiting if place[0] == delivery.receiver]
            if len(theirs) >= WAITING_MOST:
                del self._waiting[theirs[0]]
            self._waiting[delivery.receiver, delivery.id] = alert
        return deliveries

    def deliveries(self) -> list[Delivery]:
        """All that wait."""
        return [Delivery(receiver, name, alert) for (receiver, name), alert in self._waiting.items()]

    def settle(self, delivery: Delivery) -> bool:
        """Forget one; False if it was not known any more."""
        return self._waiting.pop((delivery.receiver, delivery.id), None) is not None

    def dump(self) -> bytes:
        return msgspec.json.encode(self.deliveries())

    def load(self, state: bytes) -> None:
        deliveries: Iterable[Delivery] = msgspec.json.decode(state, type=list[Delivery])
        self._waiting = {(delivery.receiver, delivery.id): delivery.alert for delivery in deliveries}
