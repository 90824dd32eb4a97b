"""Counts gathered into whole minutes, each handed on once, when all partitions have passed it."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from pipeline.counts.count import Count
from pipeline.counts.counted import MINUTE_MS, READY_MS
from pipeline.flinks.times import parse_ms

DISORDER_MS: Final = 60_000
"""A partition's watermark trails its stream time by this."""
WAIT_MS: Final = 2 * MINUTE_MS
"""A partition of which nothing is heard for so long, because its worker is gone, is waited for no more. One that lives
tells each minute how far it is."""


class Minute(Struct):
    """All that is known of a minute once it is complete."""

    start_ms: int
    institutions: dict[str, Count] = {}
    """Institution to its counts over all partitions and apps."""
    behind_ms: int = 0
    """The highest stream time of partitions that did not reach its end and were waited for no more, else 0."""


class Minutes(Struct):
    """Take counts, in the order of the topic; `ready` gives the minutes that are complete.

    The first minute is the one at which the first record's partition stands. What comes for an earlier one, or for
    one that was handed on already, is late and left out.
    """

    streams: dict[int, int] = {}
    """Partition of flinks.events to its stream time in ms."""
    heard: dict[int, int] = {}
    """Partition to when it was last heard of, by the broker's clock."""
    waiting: dict[int, Minute] = {}
    """By their start."""
    next_ms: int | None = None
    """The start of the minute that is to be handed on next."""
    late: int = 0
    """Records that came too late, since `late` was last taken."""

    def take(self, count: Count, append_ms: int) -> None:
        """Add what a record says that the broker appended then."""
        stream_ms = parse_ms(count.watermark) + DISORDER_MS
        self.streams[count.partition] = max(stream_ms, self.streams.get(count.partition, 0))
        self.heard[count.partition] = append_ms
        # The broker's clock was ahead and was put right: nobody was heard of in the future.
        self.heard = {partition: min(heard_ms, append_ms) for partition, heard_ms in self.heard.items()}
        if self.next_ms is None:
            self.next_ms = stream_ms - stream_ms % MINUTE_MS
        if count.minute is None or count.institution is None:
            return
        start_ms = parse_ms(count.minute)
        if start_ms < self.next_ms:
            self.late += 1
            return
        minute = self.waiting.setdefault(start_ms, Minute(start_ms))
        known = minute.institutions.get(count.institution)
        if known is None:
            minute.institutions[count.institution] = count
        else:
            known.add(count)

    def ready(self, now_ms: int, clock_ms: int = 0) -> Iterator[Minute]:
        """The minutes that are complete, in order, those without counts among them.

        Args:
            now_ms: the broker's clock.
            clock_ms: stream time as the clock has it, where no partition lives any more.
        """
        living = [
            stream_ms for partition, stream_ms in self.streams.items() if now_ms - self.heard[partition] < WAIT_MS
        ]
        reached_ms = min(living, default=clock_ms)
        while self.next_ms is not None and (ready_ms := self.next_ms + MINUTE_MS + READY_MS) <= reached_ms:
            minute = self.waiting.pop(self.next_ms, None) or Minute(self.next_ms)
            minute.behind_ms = max((each for each in self.streams.values() if each < ready_ms), default=0)
            self.next_ms += MINUTE_MS
            yield minute

    def dump(self) -> bytes:
        """As bytes, for `load_minutes`."""
        return msgspec.json.encode(self)


load_minutes: Final = msgspec.json.Decoder(Minutes).decode
