"""A fold that accounts for every record, so that a lost or a doubled one shows."""

from collections.abc import Callable, Iterable, Sequence

from pipeline.engine import Changes, Record, StreamClock

FULL = 10
"""So many ids make a key done."""


class Counting:
    """A key's state is the list of ids that it was given; once it has `FULL` of them they are its result.

    A record's value is an id, with `@` and an event time in ms behind it if that is not the append time.
    """

    def __init__(self, partition: int, clock: StreamClock, output: str) -> None:
        self.partition = partition
        self.clock = clock
        self.output = output
        self.advanced: list[int] = []
        self._ids: dict[bytes, list[bytes]] = {}
        self._changed: dict[bytes, None] = {}
        self._results: list[tuple[bytes | None, bytes]] = []

    @property
    def pending(self) -> int:
        return len(self._results)

    def __len__(self) -> int:
        return len(self._ids)

    def load(self, key: bytes, state: bytes) -> None:
        self._ids[key] = state.split(b",")

    def process(self, records: Sequence[Record]) -> None:
        for record in records:
            self.take(*record)

    def take(self, _offset: int, append_ms: int, key: bytes | None, value: bytes | None) -> None:
        assert key is not None
        assert value is not None
        number, _, event_ms = value.partition(b"@")
        ids = self._ids.setdefault(key, [])
        ids.append(number)
        self._changed[key] = None
        if len(ids) == FULL:
            self.emit(key, b",".join(self._ids.pop(key)))
        self._see(int(event_ms or append_ms), append_ms)

    def emit(self, key: bytes | None, value: bytes) -> None:
        self._results.append((key, value))

    def advance(self, watermark_ms: int) -> None:
        self.advanced.append(watermark_ms)

    def take_changes(self) -> Changes:
        states = [(key, self.state_of(key)) for key in self._changed]
        results = {self.output: self._results} if self._results else {}
        self._changed, self._results = {}, []
        return Changes(states, results)

    def keys(self) -> Iterable[bytes]:
        return self._ids

    def state_of(self, key: bytes) -> bytes | None:
        return b",".join(self._ids[key]) if key in self._ids else None

    def _see(self, event_ms: int, append_ms: int) -> None:
        clock = self.clock
        if clock.high_ms is None or event_ms > clock.high_ms:
            clock.high_ms, clock.high_append_ms = event_ms, append_ms
            clock.watermark_ms = max(clock.watermark_ms, event_ms - clock.disorder_ms)


def counting(output: str) -> Callable[[int, StreamClock], Counting]:
    """A fold's factory as a job takes it, with results to this topic."""
    return lambda partition, clock: Counting(partition, clock, output)
