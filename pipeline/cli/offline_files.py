"""From a file of events to files of results."""

import os
import stat
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, TextIO

import orjson

from pipeline.engine.fold import Changes, Record
from pipeline.sessions import SessionFold, Topics
from pipeline.sessions.offline import END_MS, NO_APPEND_MS

CHUNK_LINES = 20_000
SHOW_S = 0.5
TOPICS = Topics()


@dataclass(slots=True)
class OfflineResults:
    """What came of the events."""

    lines: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Of rejections."""
    rejected: list[bytes] = field(default_factory=list)
    _sessions: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """session_id to (started_at, the last revision as JSON)."""
    _visits: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    @property
    def sessions(self) -> list[bytes]:
        return _in_order(self._sessions)

    @property
    def visits(self) -> list[bytes]:
        return _in_order(self._visits)

    def take(self, changes: Changes) -> None:
        for topic, records in changes.results.items():
            for _, value in records:
                result: dict[str, Any] = orjson.loads(value)
                if topic == TOPICS.sessions:
                    self._sessions[result["session_id"]] = (result["started_at"], value)
                elif topic == TOPICS.visits:
                    self._visits[result["visit_id"]] = (result["started_at"], value)
                elif topic == TOPICS.rejected:
                    self.reasons[result["reason"]] += 1
                    self.rejected.append(value)

    def summary(self) -> str:
        """One line for a person."""
        told = f"{self.lines:,} events: {len(self._sessions):,} sessions, {len(self._visits):,} visits"
        if not self.rejected:
            return told
        reasons = ", ".join(f"{times:,} {reason}" for reason, times in self.reasons.most_common())
        return f"{told}, {len(self.rejected):,} rejected ({reasons})"


def _in_order(results: dict[str, tuple[str, bytes]]) -> list[bytes]:
    return [value for _, (_, value) in sorted(results.items(), key=lambda item: (item[1][0], item[0]))]


def fold_lines(events: BinaryIO, *, show: TextIO) -> OfflineResults:
    """Fold events, one a line; empty lines are passed over. On a terminal `show` tells how far it is."""
    results = OfflineResults()
    fold = SessionFold(0, TOPICS)
    for chunk in chunks_of(events, show=show):
        fold.process(chunk)
        results.take(fold.take_changes())
        results.lines += len(chunk)
    left = True
    while left:
        left = fold.advance(END_MS)
        results.take(fold.take_changes())
    return results


def write_lines(lines: Iterable[bytes], file: BinaryIO) -> None:
    file.writelines(line + b"\n" for line in lines)
    file.flush()


def chunks_of(events: BinaryIO, *, show: TextIO) -> Iterator[list[Record]]:
    """The lines of a file as records, many at a time; empty lines are passed over.

    On a terminal `show` tells how far it is.
    """
    progress = _Progress(events, show)
    records = _records(events)
    lines = 0
    while chunk := list(islice(records, CHUNK_LINES)):
        yield chunk
        lines += len(chunk)
        progress.show(lines, sum(len(value or b"") + 1 for *_, value in chunk))
    progress.end()


def _records(events: BinaryIO) -> Iterator[Record]:
    for number, line in enumerate(events):
        if value := line.strip():
            yield number, NO_APPEND_MS, None, value


class _Progress:
    """One line that is written over; nothing where nobody looks."""

    def __init__(self, events: BinaryIO, show: TextIO) -> None:
        self._show = show if show.isatty() else None
        self._size = _size_of(events)
        self._done = 0
        self._next = time.monotonic() + SHOW_S

    def show(self, lines: int, size: int) -> None:
        self._done += size
        if self._show is not None and time.monotonic() >= self._next:
            share = f", {min(1.0, self._done / self._size):.0%}" if self._size else ""
            self._show.write(f"\r{lines:,} events{share} ")
            self._show.flush()
            self._next = time.monotonic() + SHOW_S

    def end(self) -> None:
        if self._show is not None:
            self._show.write("\r\033[K")
            self._show.flush()


def _size_of(events: BinaryIO) -> int:
    """In bytes; 0 when it is a pipe and nobody knows."""
    try:
        status = os.fstat(events.fileno())
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
