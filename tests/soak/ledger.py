"""Which records a checkpoint covers, and when the watermark went on with the clock.

A fold around the real one. It puts one record onto a topic of its own into each checkpoint, so into the same
transaction: that ledger tells the oracle at which places of the input an idle partition's watermark moved on, which
nobody can know beforehand, and it shows whether every input record is in exactly one committed checkpoint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from pipeline.engine import Changes, Fold, Record, StreamClock


@dataclass(slots=True)
class Entry:
    """One checkpoint. Offsets are None while no record has been taken since the last checkpoint."""

    first: int | None = None
    last: int | None = None
    records: int = 0
    advances: list[tuple[int | None, int]] = field(default_factory=list)
    """(offset of the record before it, watermark in ms)."""

    def encode(self) -> bytes:
        return orjson.dumps(self)


def decode_entry(value: bytes) -> Entry:
    fields = orjson.loads(value)
    fields["advances"] = [(after, watermark_ms) for after, watermark_ms in fields["advances"]]
    return Entry(**fields)


class LedgerFold:
    """A fold that keeps the ledger, and leaves the rest to another."""

    def __init__(self, inner: Fold, topic: str) -> None:
        self.inner = inner
        self.topic = topic
        self.entry = Entry()

    @property
    def clock(self) -> StreamClock:
        return self.inner.clock

    @clock.setter
    def clock(self, clock: StreamClock) -> None:
        self.inner.clock = clock

    @property
    def pending(self) -> int:
        return self.inner.pending

    def __len__(self) -> int:
        return len(self.inner)

    def load(self, key: bytes, state: bytes) -> None:
        self.inner.load(key, state)

    def keys(self) -> Iterable[bytes]:
        return self.inner.keys()

    def state_of(self, key: bytes) -> bytes | None:
        return self.inner.state_of(key)

    def process(self, records: Sequence[Record]) -> None:
        entry = self.entry
        if entry.first is None:
            entry.first = records[0][0]
        entry.last = records[-1][0]
        entry.records += len(records)
        self.inner.process(records)

    def advance(self, watermark_ms: int) -> None:
        entry = self.entry
        if entry.advances and entry.advances[-1][0] == entry.last:
            entry.advances.pop()  # nothing came in between, so the farther one does what both would
        entry.advances.append((entry.last, watermark_ms))
        self.inner.advance(watermark_ms)

    def take_changes(self) -> Changes:
        changes = self.inner.take_changes()
        # An advance that changed nothing makes no checkpoint, and must not make one because it is written down.
        if self.entry.records or changes.states or any(changes.results.values()):
            changes.results[self.topic] = [(None, self.entry.encode())]
            self.entry = Entry()
        return changes
