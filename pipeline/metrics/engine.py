"""What every process with an engine measures of it."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from pipeline.engine import Changes, Observer
from pipeline.metrics.process import tell_of_process

CHECKPOINT_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
RESTORE_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class EngineMetrics(Observer):
    """Times of checkpoints and restores, failures, and what every process tells of itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Define them in a registry."""
        self.checkpoint_duration = Histogram(
            "flinks_checkpoint_duration_seconds",
            "Time that a checkpoint's transaction took. Near 15 s the broker aborts it: the broker is overloaded.",
            buckets=CHECKPOINT_BUCKETS,
            registry=registry,
        )
        self.restore_duration = Histogram(
            "flinks_restore_duration_seconds",
            "Time to bring a partition's state back from the changelog, at a start, a rebalance or after a failure.",
            buckets=RESTORE_BUCKETS,
            registry=registry,
        )
        self.failures = Counter(
            "flinks_partition_failures",
            "Times that a partition's memory was discarded and restored. Twice within a minute ends the worker, "
            "unless the broker was out of reach.",
            registry=registry,
        )
        tell_of_process(registry)

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:  # noqa: ARG002
        self.checkpoint_duration.observe(seconds)

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:  # noqa: ARG002
        self.restore_duration.observe(seconds)

    def failed(self, partition: int, reason: BaseException) -> None:  # noqa: ARG002
        self.failures.inc()
