"""What an application tells the engine: how a chunk of records changes the state of one partition."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Record = tuple[int, int, bytes | None, bytes | None]
"""(offset, the broker's append time in ms, key, value)."""

UNKNOWN_MS = -(2**62)
"""A watermark before any event: earlier than every time that can be written down."""


@dataclass(slots=True)
class StreamClock:
    """Event time of one partition. It is kept in the checkpoint.

    The fold moves `high_ms`, `high_append_ms` and `watermark_ms` with each event it takes; the engine calls
    `idle` when a fetch at the partition's end came back empty.
    """

    disorder_ms: int
    """How far behind the highest event time an event may still arrive without being late."""
    high_ms: int | None = None
    """The highest event time seen, in ms since 1970."""
    high_append_ms: int = 0
    """When the broker appended the record that holds it."""
    watermark_ms: int = UNKNOWN_MS
    """Never goes back."""

    def idle(self, now_ms: int) -> int:
        """Go on with the clock; returns the watermark.

        The watermark trails the clock by the delay that the newest event had on its way to the broker, plus the
        allowed disorder. So live traffic closes on time, and a history that is being replayed does not jump to
        the present in a pause of the replay. Never beyond now less the disorder.

        As the watermark never goes back, now must not jump ahead: the engine takes the earlier of the broker's clock
        and the worker's.
        """
        if self.high_ms is not None:
            delay_ms = max(0, self.high_append_ms - self.high_ms)
            self.watermark_ms = max(self.watermark_ms, now_ms - delay_ms - self.disorder_ms)
        return self.watermark_ms


@dataclass(slots=True)
class Changes:
    """What one checkpoint makes durable."""

    states: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    """For the changelog, a write a key: (key, state), or (key, None) when the key is done."""
    results: dict[str, list[tuple[bytes | None, bytes]]] = field(default_factory=dict)
    """Topic to its records (key, value), in the order in which they are to stand there."""
    headers: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    """Topic to the headers of each of its records."""
    tally: Any = None
    """Whatever the application wants counted once the checkpoint is committed, and not before."""


class Fold(Protocol):
    """The state of one input partition, and how records change it.

    All methods are synchronous and do no I/O. A fold that raises is thrown away with everything since the last
    checkpoint and restored, so bad input must become a result (a rejection), never an exception.
    """

    clock: StreamClock

    @property
    def pending(self) -> int:
        """Results that wait for the next checkpoint; the engine holds back input while there are too many."""

    def __len__(self) -> int:
        """How many keys are held."""

    def load(self, key: bytes, state: bytes) -> None:
        """Take back one key from the changelog; called before the first record, once a key."""

    def process(self, records: Sequence[Record]) -> None:
        """Take records in the order of the partition."""

    def advance(self, watermark_ms: int) -> object:
        """Close what is due at this watermark, which the clock has reached without a new record.

        It is called about once a second. What takes longer than a part of one is to be left for the next calls.
        """

    def take_changes(self) -> Changes:
        """Hand over what has changed since the last call. A snapshot: later records must not change it."""

    def keys(self) -> Iterable[bytes]:
        """Every key that is held."""

    def state_of(self, key: bytes) -> bytes | None:
        """The state of a key as the changelog holds it, None when the key is done."""
