"""The same sessions without a broker: the whole input is one partition in arrival order."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from pipeline.engine.fold import Changes
from pipeline.sessions.fold import SessionFold, Topics

NO_APPEND_MS: Final = 2**62
"""Append time where there was no broker: later than every event."""

END_MS: Final = 2**62
"""A watermark that closes everything."""

_CHUNK: Final = 1_000


class Offline:
    """Drives one SessionFold over lines or records and gathers what it emits.

    Attributes:
        emitted: Every session result in order of emission, all revisions.
        emitted_visits: The same for visits.
        sessions: The latest revision of each session, by session_id.
        visits: The latest revision of each visit, by visit_id.
        rejected: The records for flinks.rejected.
    """

    def __init__(self, fold: SessionFold | None = None) -> None:
        """Takes a fold in any state, for one that was restored goes on as well."""
        self.fold = SessionFold(0) if fold is None else fold  # an empty one has length 0
        self.emitted: list[dict[str, Any]] = []
        self.emitted_visits: list[dict[str, Any]] = []
        self.rejected: list[dict[str, Any]] = []
        self._offset = 0

    def take(self, values: Iterable[bytes | tuple[bytes | None, int]]) -> "Offline":
        """Process values as one chunk: bytes, or (value, the broker's append time in ms)."""
        records = []
        for value in values:
            content, append_ms = value if isinstance(value, tuple) else (value, NO_APPEND_MS)
            records.append((self._offset, append_ms, None, content))
            self._offset += 1
        self.fold.process(records)
        return self

    def gather(self) -> Changes:
        """Move what was emitted so far into the lists; returns the fold's changes."""
        topics = Topics()
        changes = self.fold.take_changes()
        for topic, into in (
            (topics.sessions, self.emitted),
            (topics.visits, self.emitted_visits),
            (topics.rejected, self.rejected),
        ):
            into += [orjson.loads(value) for _, value in changes.results.get(topic, ())]
        return changes

    def end(self) -> "Offline":
        """Close all windows."""
        while self.fold.advance(END_MS):
            self.gather()
        self.gather()
        return self

    @property
    def sessions(self) -> dict[str, dict[str, Any]]:
        return {result["session_id"]: result for result in self.emitted}

    @property
    def visits(self) -> dict[str, dict[str, Any]]:
        return {result["visit_id"]: result for result in self.emitted_visits}


def offline(lines: Iterable[bytes]) -> Offline:
    """Everything that comes of these events, one JSON object a line; memory grows with the results."""
    run = Offline()
    for chunk in _chunks(lines):
        run.take(chunk)
    return run.end()


def session_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The session results of these events, every revision, as soon as each closes; for large input.

    Lines that can not be used are left out; `offline` tells of them.
    """
    fold = SessionFold(0)
    topic = Topics().sessions
    offset = 0
    for chunk in _chunks(lines):
        fold.process([(offset + place, NO_APPEND_MS, None, line) for place, line in enumerate(chunk)])
        offset += len(chunk)
        yield from (value for _, value in fold.take_changes().results.get(topic, ()))
    left = True
    while left:
        left = fold.advance(END_MS)
        yield from (value for _, value in fold.take_changes().results.get(topic, ()))


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for line in lines:
        if stripped := line.strip():
            chunk.append(stripped)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk
