"""Bytes of memory per open session, and what is left when all have closed and their late time is over.

    tests/bench/run memory

One fold, without Kafka, is fed real journeys until so many visits are open, and then the passing of time. Measured
twice, each in a process of its own: what the process holds (RssAnon, the allocator's own losses and all) and, with a
tenth of the visits because it is slow, what Python's objects take (tracemalloc).
"""

import argparse
import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from pipeline.engine import Record
from pipeline.sessions.fold import SessionFold
from tests.bench.engine import EVENTS, USERS_PER_MINUTE
from tests.bench.stream import PARTITIONS, Stream

_SLICE = 2_000
_WARM_UP = 20_000
"""Events that fill what is not state: modules' caches."""
_TRACED_SHARE = 0.1


def measure(stream: Stream, open_visits: int, held_bytes: Callable[[], int]) -> Iterator[str]:
    """Lines that tell what was found.

    Raises:
        ValueError: the stream never has so many visits open.
    """
    _fill(SessionFold(0), stream, _WARM_UP)
    gc.collect()
    before = held_bytes()
    fold = SessionFold(0)
    events = _fill(fold, stream, stream.events, open_visits)
    if len(fold) < open_visits:
        raise ValueError(f"never more than {len(fold):,} visits open")
    gc.collect()
    held = held_bytes() - before
    visits = len(fold)
    yield f"{visits:,} visits open after {events:,} events: {held / 1e6:,.1f} MB, {held / visits:,.0f} bytes each"
    for records in _slices(stream, stream.events, len(stream)):
        fold.process(records)
        fold.take_changes()
    gc.collect()
    left = held_bytes() - before
    # The clock's own visit in each partition is still open: it is what moves the time on.
    yield f"{len(fold) - PARTITIONS} open after their late time: {left / 1e6:,.1f} MB, {left / held:.1%} of that"
    fold = SessionFold(0)
    _fill(fold, stream, events)
    gc.collect()
    again = held_bytes() - before
    yield f"{len(fold):,} open when the same comes again: {again / 1e6:,.1f} MB, {again / held:.1%} of that"


def anonymous_bytes() -> int:
    """What this process holds that is no file's."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no RssAnon")


def traced_bytes() -> int:
    return tracemalloc.get_traced_memory()[0]


def _fill(fold: SessionFold, stream: Stream, stop: int, open_visits: int = sys.maxsize) -> int:
    """Feed at most `stop` events until so many visits are open; returns how many it took."""
    events = 0
    for records in _slices(stream, 0, stop):
        fold.process(records)
        fold.take_changes()
        events += len(records)
        if len(fold) >= open_visits:
            break
    return events


def _slices(stream: Stream, start: int, stop: int) -> Iterator[list[Record]]:
    append_ms = time.time_ns() // 1_000_000
    numbered = enumerate(islice(stream.records(), start, stop), start)
    while keyed := list(islice(numbered, _SLICE)):
        yield [(offset, append_ms, key, value) for offset, (_, key, value) in keyed]


def main() -> None:
    assert __doc__ is not None
    summary, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        "tests/bench/run memory", description=summary, epilog=epilog, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--open", type=int, default=100_000, metavar="VISITS")
    parser.add_argument("--only", choices=["process", "objects"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only is None:
        for which in ("process", "objects"):
            command = [sys.executable, "-m", "tests.bench.memory", "--open", str(options.open), "--only", which]
            subprocess.run(command, check=True)
        return
    share, held_bytes = 1.0, anonymous_bytes
    if options.only == "objects":
        share, held_bytes = _TRACED_SHARE, traced_bytes
    stream = Stream(USERS_PER_MINUTE * share, int(EVENTS * share))
    stream.file()
    if options.only == "objects":
        tracemalloc.start()
    for line in measure(stream, int(options.open * share), held_bytes):
        print(f"{options.only:7}  {line}", flush=True)


if __name__ == "__main__":
    main()
