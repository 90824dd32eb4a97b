"""Metrics that are looked up when Prometheus asks: they tell how it is now."""

import time
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pipeline.engine.engine import Engine
from pipeline.engine.fold import UNKNOWN_MS
from pipeline.sessions import SessionFold


class EngineGauges(Collector):
    """Where a process's partitions stand. Register it in the process's registry."""

    def __init__(self, engine: Engine) -> None:
        self._engines = [engine]

    def add(self, engine: Engine) -> None:
        """Tell of another engine in this process, too."""
        self._engines.append(engine)

    def describe(self) -> Iterable[Metric]:
        """So that it can be registered before anything runs."""
        return _families()

    def collect(self) -> Iterable[Metric]:
        families = _families()
        lag, sessions, keys, running, age = families
        now_ms = time.time_ns() // 1_000_000
        held = still_open = 0
        for task in [task for engine in self._engines for task in engine.tasks.values()]:
            topic, partition = task.tp.topic, str(task.tp.partition)
            running.add_metric([topic, partition], float(task.running))
            fold = task.fold
            if fold is None:
                continue
            lag.add_metric([topic, partition], task.lag)
            if isinstance(fold, SessionFold):
                held += len(fold)
                still_open += fold.open
            if fold.clock.watermark_ms != UNKNOWN_MS:
                age.add_metric([topic, partition], (now_ms - fold.clock.watermark_ms) / 1000)
        sessions.add_metric([], still_open)
        keys.add_metric([], held)
        return families


def _families() -> list[GaugeMetricFamily]:
    where = ["topic", "partition"]
    return [
        GaugeMetricFamily(
            "flinks_consumer_lag_records",
            "Records on the broker that are not in a committed checkpoint yet. Rises without end: too few workers.",
            labels=where,
        ),
        GaugeMetricFamily(
            "flinks_sessions_open",
            "Visits, and data requests outside of one, that go on: no session of theirs has closed yet.",
        ),
        GaugeMetricFamily(
            "flinks_state_keys",
            "Visits, and data requests outside of one, in this worker's memory: the open ones, and those closed so "
            "recently that a late event may still change them.",
        ),
        GaugeMetricFamily(
            "flinks_partition_running",
            "1 while this worker works on the partition, 0 while it is being restored.",
            labels=where,
        ),
        GaugeMetricFamily(
            "flinks_watermark_age_seconds",
            "How far event time is behind the clock: about 60 s when all is well.",
            labels=where,
        ),
    ]
