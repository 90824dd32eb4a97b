"""The parts of the worker that CPU time is told by."""

import json
from collections import defaultdict
from pathlib import Path

from tests.bench.sampling import GARBAGE

_CONSUMER_THREAD = "fetch and decode records"
_CLOSING = "close sessions, make results"
_PARTS = (
    ("pipeline/engine/fetched.py", _CONSUMER_THREAD),
    ("pipeline/engine/chunk.py", _CONSUMER_THREAD),
    ("aiokafka/consumer/", _CONSUMER_THREAD),
    ("pipeline/flinks/event.py", "read events (JSON)"),
    ("pipeline/flinks/rejection.py", "reject"),
    ("pipeline/sessions/state.py", "changelog: states to bytes"),
    ("pipeline/sessions/fold.py:take_changes", "changelog: states to bytes"),
    ("pipeline/sessions/closing.py", _CLOSING),
    ("pipeline/sessions/result.py", _CLOSING),
    ("pipeline/sessions/journey.py", _CLOSING),
    ("pipeline/sessions/pairing.py", _CLOSING),
    ("pipeline/sessions/steps.py", _CLOSING),
    ("pipeline/sessions/session.py", _CLOSING),
    ("pipeline/sessions/script.py", _CLOSING),
    ("pipeline/flinks/times.py:format", _CLOSING),
    ("pipeline/flinks/times.py:_format", _CLOSING),
    ("pipeline/sessions/counting.py", "count for metrics"),
    ("pipeline/sessions/result_counts.py", "count for metrics"),
    ("pipeline/metrics/", "count for metrics"),
    ("pipeline/sessions/", "fold events into windows"),
    ("pipeline/engine/checkpoint.py", "checkpoint: batches and transaction"),
    ("pipeline/engine/task.py:_sweep_some", "changelog: states to bytes"),
    ("aiokafka/producer/", "checkpoint: batches and transaction"),
    ("pipeline/engine/", "engine"),
    ("pipeline/cli/", "admin port, start and stop"),
    ("/faust/", "Faust"),
    ("/mode/", "Faust"),
    ("/asyncio/", "asyncio"),
    ("/selectors.py", "asyncio"),
)
_START = "start: imports"
_UNKNOWN = "anything else"


def shares(file: Path) -> list[tuple[str, float]]:
    """CPU seconds by part, most first, of what a sampler has left in a file."""
    spent: defaultdict[str, float] = defaultdict(float)
    for stack, seconds in json.loads(file.read_text("utf-8")).items():
        spent[part_of(stack)] += seconds
    return sorted(spent.items(), key=lambda part: -part[1])


def part_of(stack: str) -> str:
    """The part to which the innermost frame belongs that belongs to any."""
    if stack == GARBAGE:
        return "collect garbage"
    if "importlib._bootstrap" in stack:
        return _START
    *frames, thread = stack.split("\n")
    for frame in frames:
        for place, part in _PARTS:
            if place in frame:
                # Connections and asyncio are used by both threads: the consumer has its own for fetching.
                return _CONSUMER_THREAD if part == "asyncio" and thread != "MainThread" else part
        if "/aiokafka/" in frame:
            return _CONSUMER_THREAD if thread != "MainThread" else "checkpoint: batches and transaction"
    return _UNKNOWN
