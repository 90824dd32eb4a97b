"""Made-up events and the truth as files of JSON lines."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from pipeline.simulator.delivery import Delivery
from pipeline.simulator.incidents import Incident
from pipeline.simulator.simulation import Simulation
from pipeline.simulator.truth import Session

START_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00:00Z: files do not change from day to day."""
_EVENTS_PER_FLUSH: Final = 20_000


def write(
    out_path: str | Path,
    truth_path: str | Path,
    *,
    sessions: int,
    seed: int = 1,
    incidents: Sequence[Incident] = (),
    users_per_minute: float = 600.0,
    start_ms: int = START_MS,
    delivery: Delivery | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the events of `sessions` sessions in order of arrival, and what is true of each session.

    Args:
        out_path: gets one event a line.
        truth_path: gets one session a line, in the order in which they end.
        sessions: how many, exactly.
        seed: of everything drawn.
        incidents: outages, counted from the start.
        users_per_minute: how fast users come, in the events' time.
        start_ms: when they begin to come.
        delivery: how events travel.
        progress: called now and then with the number of sessions written so far.

    Returns:
        The number of events.

    Raises:
        OSError: when a file can not be written.

    """
    simulation = Simulation(seed, users_per_minute, start_ms, incidents=incidents, delivery=delivery, sessions=sessions)
    events = done = 0
    with ExitStack() as files:
        out = files.enter_context(Path(out_path).open("wb"))
        truth = files.enter_context(Path(truth_path).open("wb"))
        lines: list[bytes] = []
        for _, _, value in simulation.events():
            lines.append(value)
            if len(lines) >= _EVENTS_PER_FLUSH:
                events += _flush(lines, out)
                done += _flush_truth(simulation, truth)
                if progress is not None:
                    progress(done)
        events += _flush(lines, out)
        done += _flush_truth(simulation, truth)
    if progress is not None:
        progress(done)
    return events


def _flush(lines: list[bytes], file: BinaryIO) -> int:
    if lines:
        file.write(b"\n".join(lines) + b"\n")
    written = len(lines)
    lines.clear()
    return written


def _flush_truth(simulation: Simulation, file: BinaryIO) -> int:
    return _flush([orjson.dumps(session.line()) for session in _taken(simulation)], file)


def _taken(simulation: Simulation) -> list[Session]:
    taken, simulation.truth = simulation.truth, []
    return taken
