"""What the rejected topic is told of events that are rejected at the door, before they are anywhere else."""

import time
from collections.abc import Hashable, Iterable
from typing import Any

from msgspec import UNSET

from pipeline.collector.accumulator import PendingBatch
from pipeline.collector.batch import Told
from pipeline.collector.buckets import Buckets
from pipeline.collector.counts import Counts
from pipeline.collector.keys import App
from pipeline.collector.lenient import Broken
from pipeline.collector.settings import Limits
from pipeline.collector.verdict import REJECTED, Verdict
from pipeline.collector.writer import Writer
from pipeline.flinks.rejection import refusal


class Rejections:
    """Writes a record of each, without what was in it.

    Whoever has a key could fill the topic, so what is over the limits of an app, or of an address, is only counted.
    """

    def __init__(self, writer: Writer, limits: Limits, counts: Counts) -> None:
        self._writer = writer
        self._counts = counts
        self._by_app = Buckets(limits.app_rejected_per_s)
        self._by_address = Buckets(limits.address_rejected_per_s)

    def add(
        self,
        judged: Iterable[tuple[Verdict, Any]],
        app: App,
        received_at: str,
        source: str,
        *,
        address: str | None = None,
        **sender: str | None,
    ) -> list[PendingBatch]:
        """Pack what is told of those that are rejected; raises Problem, and then none of it is sent.

        Args:
            judged: verdicts, each with the event as it was sent.
            app: whose they are, which is the key of the records too.
            received_at: when.
            source: browser, server or webhook.
            address: the sender's, if strangers may be there.
            sender: what else is known of the sender, and may be shown.
        """
        known = {"source": source, "app": app.name, "environment": app.environment, **sender}
        now_s = time.monotonic()
        values = [
            refusal(verdict["reason"], verdict["detail"], received_at=received_at, sender=known, data=_data(one))
            for verdict, one in judged
            if verdict["verdict"] == REJECTED and self._is_told((source, app.name), address, now_s)
        ]
        return self._writer.add({app.name.encode(): values}) if values else []

    def _is_told(self, app: Hashable, address: str | None, now_s: float) -> bool:
        over = (address is not None and self._by_address.take(address, 1, now_s)) or self._by_app.take(app, 1, now_s)
        self._counts.untold += bool(over)
        return not over


def _data(one: Any) -> Any:
    """Flinks' part of an event."""
    if isinstance(one, Broken):
        return None
    if isinstance(one, Told):
        return None if one.data is UNSET else one.data
    return one.get("data") if isinstance(one, dict) else one
