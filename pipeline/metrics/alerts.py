"""What the alerts agent tells Prometheus. Flinks' incidents reach Alertmanager by the agent's own push."""

import time
from collections.abc import Callable, Iterable
from itertools import product
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pipeline.alerts.alert import Alert

RECEIVERS: Final = ("webhook", "slack", "alertmanager")


class AlertMetrics:
    """Counted as it happens."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Define them in a registry."""
        self.notifications = Counter(
            "flinks_notifications",
            "Tries to tell a receiver of an incident: sent, or failed and tried again. Also notifications that were "
            "given_up, for the receiver refused them again and again: the log tells which.",
            ["receiver", "outcome"],
            registry=registry,
        )
        self.late = Counter(
            "flinks_counts_late",
            "Counts that came after their minute had been judged, and were left out: a worker that is far behind.",
            registry=registry,
        )
        self.unread = Counter(
            "flinks_counts_unread",
            "Records of the counts topic that are no counts: somebody else writes there.",
            registry=registry,
        )
        for receiver, outcome in product(RECEIVERS, ("sent", "failed", "given_up")):
            self.notifications.labels(receiver, outcome)

    def tried(self, receiver: str, outcome: str) -> None:
        """A try to tell, "sent" or "failed", or a notification that is "given_up"."""
        self.notifications.labels(receiver, outcome).inc()


class AlertGauges(Collector):
    """How it is now."""

    def __init__(self, firing: Callable[[], Iterable[Alert]], heartbeat_ms: Callable[[], int | None]) -> None:
        """`firing` gives the incidents that go on, `heartbeat_ms` the stream time that has come this far."""
        self._firing = firing
        self._heartbeat_ms = heartbeat_ms

    def describe(self) -> Iterable[Metric]:
        """So that it can be registered before anything runs."""
        return _families()

    def collect(self) -> Iterable[Metric]:
        firing, heartbeat = families = _families()
        series: dict[tuple[str, str, str, str], int] = {}
        for alert in self._firing():
            place = alert.kind, alert.institution, alert.code, alert.severity
            series[place] = series.get(place, 0) + 1
        for labels, number in series.items():
            firing.add_metric(labels, number)
        if (heartbeat_ms := self._heartbeat_ms()) is not None:
            heartbeat.add_metric([], time.time() - heartbeat_ms / 1000)
        return families


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily(
            "flinks_alerts_firing",
            "Incidents that go on. Those of Flinks are pushed to Alertmanager: no rule should page of this.",
            labels=["kind", "institution", "code", "severity"],
        ),
        GaugeMetricFamily(
            "flinks_heartbeat_age_seconds",
            "The clock less the event time that has come through events topic, sessions agent and counts topic. Under "
            "two minutes when all is well; rises while anything on that way stands still.",
        ),
    )
