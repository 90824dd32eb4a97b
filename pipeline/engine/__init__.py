"""Faust agents with session state, exactly once, at the speed of a plain loop. Knows nothing of Flinks.

An application implements `Fold` (how a chunk changes state, what it emits, when a key is done), describes itself by
a `Job`, and runs `Engine(job, kafka).app` like any Faust app.
"""

from pipeline.engine.engine import Engine
from pipeline.engine.errors import EngineError
from pipeline.engine.fold import Changes, Fold, Record, StreamClock
from pipeline.engine.job import Job
from pipeline.engine.kafka import KafkaSettings
from pipeline.engine.observer import Observer

__all__ = [
    "Changes",
    "Engine",
    "EngineError",
    "Fold",
    "Job",
    "KafkaSettings",
    "Observer",
    "Record",
    "StreamClock",
]
