"""Incidents, as flinks.alerts tells of them."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from msgspec import Struct

from pipeline.flinks.times import parse_ms

ANY: Final = "*"
"""Any institution, or any code."""
RESOLVED: Final = 20
"""Incidents that are over and are kept, the newest."""
OPEN: Final = 1_000
"""Incidents that go on and are kept: more is a detector gone wrong."""


class Alert(Struct, gc=False):
    """A record of flinks.alerts: one revision of an incident."""

    id: str
    revision: int
    kind: str
    state: Literal["firing", "updated", "resolved"]
    started_at: str
    updated_at: str | None = None
    ended_at: str | None = None
    institution: str = ANY
    institutions: list[str] = []
    code: str = ANY
    codes: list[str] = []
    severity: str = "ticket"
    observed: float | None = None
    expected: float | None = None
    unit: str | None = None
    visits: int | None = None
    summary: str | None = None
    action: str | None = None
    runbook_url: str | None = None
    sample_request_ids: list[str] = []

    def __post_init__(self) -> None:
        """Refuse times that are none, which would be noticed only when they are shown."""
        for at in (self.started_at, self.updated_at, self.ended_at):
            if at is not None:
                parse_ms(at)

    @property
    def is_open(self) -> bool:
        return self.state != "resolved"

    def touches(self, institution: str) -> bool:
        """Whether it may have changed an institution's numbers."""
        return ANY in {self.institution, *self.institutions} or self.names(institution)

    def names(self, institution: str) -> bool:
        """Whether it is about this institution, and not about all."""
        return institution in {self.institution, *self.institutions}

    def minutes(self, now_ms: int) -> range:
        """The minutes that it has lasted."""
        ended_ms = parse_ms(self.ended_at) if self.ended_at and not self.is_open else now_ms
        return range(parse_ms(self.started_at) // 60_000, ended_ms // 60_000 + 1)


read_alert: Final = msgspec.json.Decoder(Alert).decode
"""Raises msgspec.MsgspecError for what is no alert."""


class Incidents:
    """Each incident by its highest revision."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._by_id: dict[str, Alert] = {}

    def put(self, alert: Alert) -> None:
        """Take a revision."""
        known = self._by_id.get(alert.id)
        if known is not None and known.revision >= alert.revision:
            return
        self._by_id[alert.id] = alert
        if not alert.is_open:
            self._drop(self.resolved()[RESOLVED:])
        self._drop(self.open()[OPEN:])

    def open(self) -> list[Alert]:
        """Those that go on: pages first, then whom most people meet, then the newest."""
        found = [alert for alert in self._by_id.values() if alert.is_open]
        newest = sorted(found, key=lambda alert: alert.started_at, reverse=True)
        return sorted(newest, key=lambda alert: (alert.severity != "page", -(alert.visits or 0)))

    def resolved(self) -> list[Alert]:
        """Those that are over, the latest first."""
        found = [alert for alert in self._by_id.values() if not alert.is_open]
        return sorted(found, key=lambda alert: alert.ended_at or alert.updated_at or "", reverse=True)

    def _drop(self, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            del self._by_id[alert.id]
