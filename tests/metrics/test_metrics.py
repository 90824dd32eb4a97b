"""What the metrics are called, and from when on they exist."""

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from pipeline.collector import Collector, Keys, Settings
from pipeline.engine import Engine, Job, KafkaSettings
from pipeline.flinks.event import Reason
from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.metrics import EngineGauges, Metrics
from pipeline.metrics import metrics as definitions
from pipeline.metrics.alerts import AlertGauges, AlertMetrics
from pipeline.sessions import SessionFold

README = Path(__file__).parents[2] / "README.md"

CORE = {
    "flinks_events_total",
    "flinks_events_rejected_total",
    "flinks_sessions_total",
    "flinks_visits_total",
    "flinks_code_visits_total",
    "flinks_attempts_total",
    "flinks_stage_sessions_total",
    "flinks_time_to_connect_seconds",
    "flinks_sessions_open",
    "flinks_session_revisions_total",
    "flinks_client_delay_seconds",
    "flinks_pipeline_delay_seconds",
    "flinks_checkpoint_duration_seconds",
    "flinks_consumer_lag_records",
    "flinks_build_info",
}


@pytest.fixture
def registry() -> CollectorRegistry:
    """As a process has it that is everything at once."""
    metrics = Metrics()
    job = Job(group="g", agent="a", topic="t", changelog="c", make_fold=lambda partition, _: SessionFold(partition))
    metrics.registry.register(EngineGauges(Engine(job, KafkaSettings("localhost:1"))))
    AlertMetrics(metrics.registry)
    metrics.registry.register(AlertGauges(tuple, lambda: 0))
    collector = Collector(KafkaSettings("localhost:1"), Settings(keys=Keys(), topic="t", rejected_topic="rejected"))
    metrics.registry.register(collector.counts)
    return metrics.registry


def described(registry: CollectorRegistry) -> dict[str, tuple[str, ...]]:
    """Our metrics as Prometheus shows them, with their labels."""
    counted = {
        collector._name: collector._labelnames
        for collector in registry._collector_to_names
        if isinstance(collector, MetricWrapperBase)
    }
    return {
        family.name + ("_total" if family.type == "counter" else ""): tuple(
            counted[family.name] if family.name in counted else getattr(family, "_labelnames", ())
        )
        for family in registry.collect()
        if family.name.startswith("flinks_")
    }


def listed_metrics() -> dict[str, tuple[str, ...]]:
    """The tables of README: metrics and their labels."""
    rows = re.findall(r"^\| `(flinks_\w+)(?:\{([^}]*)\})?` \|", README.read_text("utf-8"), re.MULTILINE)
    return {name: tuple(filter(None, labels.split(","))) for name, labels in rows}


class TestMetrics:
    def test_has_the_core_names(self, registry: CollectorRegistry) -> None:
        """Dashboards of other people go by these."""
        assert described(registry).keys() >= CORE

    def test_readme_lists_every_metric(self, registry: CollectorRegistry) -> None:
        """With its labels. That none is listed which is not there, tests/deploy sees on processes of every role."""
        listed = listed_metrics()
        assert {name: listed.get(name) for name in described(registry)} == described(registry)

    def test_every_metric_explains_itself(self, registry: CollectorRegistry) -> None:
        """HELP is a sentence."""
        for family in registry.collect():
            assert re.fullmatch(r"\S+ .{8,}\.", family.documentation) or family.name.startswith("process_"), family.name

    def test_known_series_start_at_zero(self, registry: CollectorRegistry) -> None:
        """The first rejection is an increase that `rate` sees."""
        for reason in Reason.__args__:  # type: ignore[attr-defined]  # a Literal has them
            assert registry.get_sample_value("flinks_events_rejected_total", {"reason": reason}) == 0
        browser = {"source": "browser", "kind": "step"}
        assert registry.get_sample_value("flinks_events_total", browser) == 0
        change = {"from": "abandoned", "to": "expired"}
        assert registry.get_sample_value("flinks_session_revisions_total", change) == 0

    def test_reasons_are_those_that_reading_gives(self) -> None:
        """A new reason must not be forgotten here."""
        assert set(definitions.REASONS) == set(Reason.__args__)  # type: ignore[attr-defined]  # a Literal has them

    def test_series_of_an_app_start_when_it_is_met(self) -> None:
        """All institutions of a new app begin at 0, the listed ones and the rest."""
        metrics = Metrics()
        metrics.meet("lending")
        for institution in (*INSTITUTIONS, "other", "unknown"):
            labels = {"app": "lending", "institution": institution}
            assert metrics.registry.get_sample_value("flinks_attempts_total", labels) == 0

    def test_processes_do_not_share_a_registry(self) -> None:
        """Two in one process, as tests have them, do not disturb each other."""
        one, other = Metrics(), Metrics()
        one.duplicates.inc()
        assert other.registry.get_sample_value("flinks_events_duplicate_total") == 0

    def test_no_label_is_an_id(self, registry: CollectorRegistry) -> None:
        """Labels are bounded."""
        families = text_string_to_metric_families(_exposed(registry))
        labels = {label for family in families for sample in family.samples for label in sample.labels}
        assert not [label for label in labels if label.endswith("id") or "login" in label]


def _exposed(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()
