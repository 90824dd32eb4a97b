"""What an application runs on the engine."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.engine.fold import Fold, StreamClock


@dataclass(frozen=True, kw_only=True)
class Job:
    group: str
    """The consumer group, and the beginning of the transactional ids."""
    agent: str
    topic: str
    changelog: str
    """Compacted, with as many partitions as the topic."""
    make_fold: Callable[[int, StreamClock], Fold]
    disorder_ms: int = 60_000
    checkpoint_s: float = 1.0
