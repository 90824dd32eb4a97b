"""Counting what was committed."""

from collections import Counter

import pytest

from pipeline.engine import Changes
from pipeline.metrics import CommittedMetrics, Metrics
from pipeline.metrics.committed import count
from pipeline.sessions import SessionFold, Tally
from tests.metrics.events import HOUR_MS, NOON_MS, event


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


class TestCommittedMetrics:
    def test_counts_nothing_before_the_commit(self, metrics: Metrics) -> None:
        """What the fold has seen is only counted once the engine says it is durable."""
        observer = CommittedMetrics(metrics)
        fold = SessionFold(0)
        fold.process([(0, NOON_MS, None, event(name="REDIRECT", at_ms=NOON_MS))])
        fold.advance(NOON_MS + HOUR_MS)
        changes = fold.take_changes()
        assert value(metrics, "flinks_events_total", source="browser", kind="step") == 0
        observer.committed(0, changes, 1, 0.01)
        assert value(metrics, "flinks_events_total", source="browser", kind="step") == 1

    def test_counts_a_session_as_it_ended(self, metrics: Metrics) -> None:
        """A REDIRECT is a completed connect session of its institution, and a converted visit."""
        fold = SessionFold(0)
        fold.process([(0, NOON_MS, None, event(name="REDIRECT", at_ms=NOON_MS, institution="RBC", app="lending"))])
        fold.advance(NOON_MS + HOUR_MS)
        CommittedMetrics(metrics).committed(0, fold.take_changes(), 1, 0.01)
        labels = {"app": "lending", "institution": "RBC"}
        ended = {"kind": "connect", "outcome": "completed", "failure_class": "none"}
        assert value(metrics, "flinks_sessions_total", **labels, **ended) == 1
        assert value(metrics, "flinks_visits_total", **labels, converted="true") == 1
        assert value(metrics, "flinks_visits_total", **labels, converted="false") == 0
        assert value(metrics, "flinks_stage_sessions_total", institution="RBC", stage="connected") == 1
        assert value(metrics, "flinks_time_to_connect_seconds_count") == 1

    def test_counts_rejections_by_reason(self, metrics: Metrics) -> None:
        """What is not JSON is one of that reason."""
        fold = SessionFold(0)
        fold.process([(0, NOON_MS, None, b"{")])
        CommittedMetrics(metrics).committed(0, fold.take_changes(), 1, 0.01)
        assert value(metrics, "flinks_events_rejected_total", reason="not_json") == 1

    def test_leaves_out_the_sandbox(self, metrics: Metrics) -> None:
        """FlinksCapital's sessions are results like others, and not in the metrics."""
        fold = SessionFold(0)
        fold.process([(0, NOON_MS, None, event(name="REDIRECT", at_ms=NOON_MS, institution="FlinksCapital"))])
        fold.advance(NOON_MS + HOUR_MS)
        CommittedMetrics(metrics).committed(0, fold.take_changes(), 1, 0.01)
        families = {family.name: family for family in metrics.registry.collect()}
        assert sum(sample.value for sample in families["flinks_sessions"].samples) == 0

    def test_takes_changes_of_other_applications(self, metrics: Metrics) -> None:
        """A checkpoint without a tally is only timed."""
        metrics.engine.committed(0, Changes(), 0, 0.2)
        assert value(metrics, "flinks_checkpoint_duration_seconds_count") == 1
        assert value(metrics, "flinks_checkpoint_duration_seconds_sum") == pytest.approx(0.2)

    def test_counts_restores_and_failures(self, metrics: Metrics) -> None:
        """Both are told by the engine."""
        observer = metrics.engine
        observer.restored(0, 10, 20, 1.5)
        observer.failed(0, RuntimeError())
        assert value(metrics, "flinks_restore_duration_seconds_sum") == 1.5
        assert value(metrics, "flinks_partition_failures_total") == 1


class TestCount:
    def test_delay_is_until_the_commit(self, metrics: Metrics) -> None:
        """From receipt to commit, and never less than nothing where clocks differ."""
        count(metrics, Tally(received_ms=[NOON_MS - 2_500, NOON_MS + 10]), now_ms=NOON_MS)
        assert value(metrics, "flinks_pipeline_delay_seconds_count") == 2
        assert value(metrics, "flinks_pipeline_delay_seconds_sum") == 2.5

    def test_adds_up(self, metrics: Metrics) -> None:
        """One checkpoint after the other."""
        for _ in range(2):
            tally = Tally(code_visits=Counter({("lending", "TD", "RETRY_LATER"): 3}), duplicates=1, over_cap=2)
            count(metrics, tally, now_ms=NOON_MS)
        labels = {"app": "lending", "institution": "TD", "code": "RETRY_LATER"}
        assert value(metrics, "flinks_code_visits_total", **labels) == 6
        assert value(metrics, "flinks_events_duplicate_total") == 2
        assert value(metrics, "flinks_events_over_cap_total") == 4
