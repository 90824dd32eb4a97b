"""Prometheus' Alertmanager, by its API v2: what fires is said again and again, and so for a while is what is over.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, POST /api/v2/alerts. An alert there is its
labels, so an incident keeps them for life; when its severity changes, it is over under the old one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import ClientSession
from msgspec import Struct, structs

from pipeline.alerts.alert import Alert
from pipeline.alerts.notify.receiver import dated, post, why

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0
FIRES_FOR: Final = timedelta(minutes=4)
"""An alert that is not said again is over for Alertmanager after this, should this worker be gone: three misses."""
RESOLVED_FOR: Final = timedelta(minutes=15)
"""So long it is said that an alert is over, should Alertmanager be away when it ends."""
RETRY_S: Final = 5.0
COMPLAIN_S: Final = 300.0


class Told(Struct, frozen=True):
    """An incident under one severity."""

    alert: Alert
    """Its latest revision under this severity, of the kind that it began with: that is in the labels, and another code
    may make an outage of a spike."""
    ended_at: str | None
    """When it was over, or went on under another severity."""


def told_after(told: Iterable[Told], alert: Alert) -> list[Told]:
    """What is to be said once a revision has come; what was over 15 minutes before is left out."""
    now = datetime.fromisoformat(alert.updated_at)
    after = []
    for one in told:
        ended_at = one.ended_at
        if one.alert.id == alert.id:
            alert = structs.replace(alert, kind=one.alert.kind)
        if one.alert.id == alert.id and ended_at is None:
            if one.alert.severity == alert.severity:
                continue
            ended_at = alert.updated_at
        if ended_at is None or now - datetime.fromisoformat(ended_at) < RESOLVED_FOR:
            after.append(Told(one.alert, ended_at))
    return [*after, Told(alert, alert.ended_at or alert.updated_at if alert.state == "resolved" else None)]


def posted(told: Iterable[Told], now: datetime) -> list[dict[str, Any]]:
    """The body of a request: what fires, and what has been over for less than a quarter of an hour."""
    alerts = []
    for one in told:
        ends_at = now + FIRES_FOR if one.ended_at is None else datetime.fromisoformat(one.ended_at)
        if now - ends_at < RESOLVED_FOR:
            alerts.append(_post(one.alert, ends_at))
    return alerts


def _post(alert: Alert, ends_at: datetime) -> dict[str, Any]:
    labels = {
        "alertname": "Flinks" + "".join(word.capitalize() for word in alert.kind.split("_")),
        "incident": alert.id,
        "kind": alert.kind,
        "institution": alert.institution,
        "code": alert.code,
        "severity": alert.severity,
    }
    annotations = {"summary": dated(alert), "description": alert.action, "runbook_url": alert.runbook_url or ""}
    return {
        "labels": labels,
        "annotations": {name: said for name, said in annotations.items() if said},
        "startsAt": alert.started_at,
        "endsAt": ends_at.astimezone(UTC).isoformat(timespec="milliseconds"),
    }


class Alertmanager:
    """Tells one or more Alertmanagers of a cluster what is so; each is told, as its documentation asks."""

    def __init__(
        self,
        urls: Sequence[str],
        told: Callable[[], Sequence[Told]],
        tried: Callable[[str, str], None],
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        """`told` gives what is committed; `tried` hears "alertmanager" and "sent" or "failed" for each try.

        `now` is a clock that Alertmanager's agrees with: one that is minutes off would end what fires, or never end it.
        """
        self._urls = [f"{url.rstrip('/')}/api/v2/alerts" for url in urls]
        self._told = told
        self._tried = tried
        self._now = now
        self._every_s = every_s
        self._changed = [asyncio.Event() for _ in urls]

    def tell(self) -> None:
        """Something has changed: say it now, and not in a minute."""
        for changed in self._changed:
            changed.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with ClientSession() as session, asyncio.TaskGroup() as tasks:
            for url, changed in zip(self._urls, self._changed, strict=True):
                tasks.create_task(self._serve(session, url, changed))

    async def _serve(self, session: ClientSession, url: str, changed: asyncio.Event) -> None:
        complained_at = float("-inf")
        while True:
            changed.clear()
            wait_s = self._every_s
            if alerts := posted(self._told(), self._now()):
                try:
                    await post(session, url, json=alerts)
                    self._tried("alertmanager", "sent")
                except Exception as error:  # noqa: BLE001  # whatever goes wrong with one, the others are told
                    self._tried("alertmanager", "failed")
                    wait_s = min(RETRY_S, self._every_s)
                    if time.monotonic() - complained_at > COMPLAIN_S:
                        complained_at = time.monotonic()
                        log.warning("Alertmanager does not take alerts (%s), trying again", why(error))
            try:
                await asyncio.wait_for(changed.wait(), wait_s)
            except TimeoutError:
                continue
