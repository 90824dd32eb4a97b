"""From a committed checkpoint to the metrics."""

import time

from pipeline.engine.fold import Changes
from pipeline.engine.observer import Observer
from pipeline.metrics.metrics import Metrics
from pipeline.sessions import Tally


class CommittedMetrics(Observer):
    """Counts what the engine says is committed, and nothing before.

    After a SIGKILL a checkpoint may be committed that nobody counted; no checkpoint is counted twice.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:  # noqa: ARG002
        if isinstance(changes.tally, Tally):
            count(self._metrics, changes.tally, time.time_ns() // 1_000_000)


def count(metrics: Metrics, tally: Tally, now_ms: int) -> None:
    """Add a tally that was committed at `now_ms`."""
    for app in {labels[0] for counted in (tally.attempts, tally.visits, tally.sessions) for labels in counted}:
        metrics.meet(app)
    for counter, counted in (
        (metrics.events, tally.events),
        (metrics.sessions, tally.sessions),
        (metrics.visits, tally.visits),
        (metrics.retried_visits, tally.retried_visits),
        (metrics.code_visits, tally.code_visits),
        (metrics.attempts, tally.attempts),
        (metrics.stage_sessions, tally.stage_sessions),
        (metrics.revisions, tally.revisions),
    ):
        for labels, times in counted.items():
            counter.labels(*labels).inc(times)
    for stage, taken_ms in tally.stage_ms.items():
        metrics.stage_seconds.labels(*stage).inc(taken_ms / 1000)
    for reason, times in tally.rejected.items():
        metrics.rejected.labels(reason).inc(times)
    metrics.duplicates.inc(tally.duplicates)
    metrics.over_cap.inc(tally.over_cap)
    for taken_ms in tally.time_to_connect_ms:
        metrics.time_to_connect.observe(taken_ms / 1000)
    for delay_ms in tally.client_delay_ms:
        metrics.client_delay.observe(delay_ms / 1000)
    for received_ms in tally.received_ms:
        metrics.pipeline_delay.observe(max(0, now_ms - received_ms) / 1000)
