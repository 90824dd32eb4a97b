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
    """Compacted, with as many partitions as the topic; the times of its records are the broker's (LogAppendTime)."""
    outputs: tuple[str, ...] = ()
    """Topics of the fold's results, all of them."""
    make_fold: Callable[[int, StreamClock], Fold]
    state_format: int = 1
    """Of what the fold's states say; a changelog of another one is refused with words."""
    disorder_ms: int = 60_000
    checkpoint_s: float = 1.0
