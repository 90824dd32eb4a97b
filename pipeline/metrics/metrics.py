"""Every Prometheus metric, defined once.

No id is ever a label, and every label's values are bounded. Series that are known beforehand start at 0, so that
the first increase is one that `rate` sees; those by app start when an app is first met.
"""

from collections.abc import Iterable
from itertools import permutations, product
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from pipeline.flinks.catalogue import STAGES
from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.metrics.engine import EngineMetrics

# When each series began: twice the series, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client's own

SOURCES: Final = ("browser", "server", "webhook")
KINDS: Final = ("step", "code", "api")
REASONS: Final = ("empty", "not_json", "too_large", "wrong_type", "missing_field", "unknown_version", "too_late")
CONNECT_OUTCOMES: Final = ("completed", "denied", "expired", "failed", "abandoned")
DATA_OUTCOMES: Final = ("completed", "failed", "timed_out")

SECOND_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
CONNECT_BUCKETS: Final = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 3600.0)


class Metrics:
    """The metrics that are counted; those that are looked up when asked for stand in gauges.py."""

    def __init__(self, registry: CollectorRegistry | None = None, institutions: Iterable[str] = INSTITUTIONS) -> None:
        """Define them in a registry: a new one unless given."""
        self.registry = registry = registry or CollectorRegistry()
        self._institutions = (*institutions, "other", "unknown")
        self._apps: set[str] = set()

        self.events = Counter(
            "flinks_events",
            "Events that could be read, copies and late ones among them.",
            ["source", "kind"],
            registry=registry,
        )
        self.rejected = Counter(
            "flinks_events_rejected",
            "Records of the events topic that went to the rejected topic, by reason. "
            "A rise of anything but too_late: a producer is broken, see the topic for details.",
            ["reason"],
            registry=registry,
        )
        self.duplicates = Counter(
            "flinks_events_duplicate",
            "Copies of events that were known already. They change no result.",
            registry=registry,
        )
        self.over_cap = Counter(
            "flinks_events_over_cap",
            "Events that were not kept because their window is full (500 events, 512 KiB): a page in a loop, or "
            "an attack.",
            registry=registry,
        )
        self.sessions = Counter(
            "flinks_sessions",
            "Sessions by how they ended, counted once each, when first told. failure_class is none without a failure.",
            ["app", "kind", "institution", "outcome", "failure_class"],
            registry=registry,
        )
        self.revisions = Counter(
            "flinks_session_revisions",
            "Sessions whose outcome a later event changed after they had been told.",
            ["from", "to"],
            registry=registry,
        )
        self.stage_sessions = Counter(
            "flinks_stage_sessions",
            "Connect sessions that reached a stage of the journey, counted once each, when first told.",
            ["institution", "stage"],
            registry=registry,
        )
        self.stage_seconds = Counter(
            "flinks_stage_seconds",
            "Time that the sessions of flinks_stage_sessions_total took from their start to the stage, added up: "
            "divided by their number it is the mean.",
            ["institution", "stage"],
            registry=registry,
        )
        self.visits = Counter(
            "flinks_visits",
            "Visits by whether anything was connected in them, counted once each, when first told.",
            ["app", "institution", "converted"],
            registry=registry,
        )
        self.retried_visits = Counter(
            "flinks_retried_visits",
            "Visits with more than one attempt, by whether anything was connected in them: success after retry.",
            ["app", "institution", "converted"],
            registry=registry,
        )
        self.code_visits = Counter(
            "flinks_code_visits",
            "Visits that met a code, at most once a code, visit and minute: a user who tries 40 times is one.",
            ["app", "institution", "code"],
            registry=registry,
        )
        self.attempts = Counter(
            "flinks_attempts",
            "Attempts to log in at an institution: credentials submitted, or its own login page opened.",
            ["app", "institution"],
            registry=registry,
        )
        self.time_to_connect = Histogram(
            "flinks_time_to_connect_seconds",
            "From a session's start to its first REDIRECT, of completed sessions when first told.",
            buckets=CONNECT_BUCKETS,
            registry=registry,
        )
        self.client_delay = Histogram(
            "flinks_client_delay_seconds",
            "From an event's own time (at) to its receipt (received_at); a sample of 1 event in 64.",
            buckets=SECOND_BUCKETS,
            registry=registry,
        )
        self.pipeline_delay = Histogram(
            "flinks_pipeline_delay_seconds",
            "From an event's receipt (received_at) to the commit of what it changed; a sample of 1 event in 64.",
            buckets=SECOND_BUCKETS,
            registry=registry,
        )
        self.engine = EngineMetrics(registry)
        self._start_known()

    def meet(self, app: str) -> None:
        """Start the series of an app at 0, the first time that it is met."""
        if app not in self._apps:
            self._apps.add(app)
            for institution in self._institutions:
                self.attempts.labels(app, institution)
                for converted in ("true", "false"):
                    self.visits.labels(app, institution, converted)
                    self.retried_visits.labels(app, institution, converted)

    def _start_known(self) -> None:
        for source, kind in product(SOURCES, KINDS):
            self.events.labels(source, kind)
        for reason in REASONS:
            self.rejected.labels(reason)
        for institution, stage in product(self._institutions, STAGES):
            self.stage_sessions.labels(institution, stage)
            self.stage_seconds.labels(institution, stage)
        for outcomes in (CONNECT_OUTCOMES, DATA_OUTCOMES):
            for before, after in permutations(outcomes, 2):
                self.revisions.labels(before, after)
