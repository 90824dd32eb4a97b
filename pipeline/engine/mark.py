"""The mark: the one changelog record that says up to where the other records hold.

Each checkpoint writes it last, in the same transaction as the states, the results and the group's offset. It is
what a restore believes: the position from which to go on, the event time reached, and where in the changelog
reading may begin.
"""

from dataclasses import dataclass

import orjson

from pipeline.engine.errors import StateConflictError
from pipeline.engine.fold import StreamClock

MARK_KEY = b"\xffcheckpoint"
"""Not valid UTF-8, so no key of an application that uses text can be equal to it."""
FORMAT = 2
"""Of the mark and of the changelog as a whole; the states' own format is the application's (`Job.state_format`)."""


@dataclass(slots=True, frozen=True)
class Mark:
    topic: str
    position: int
    """The next offset of the input partition to be read."""
    partitions: int
    """How many partitions the input topic had: keys would land elsewhere under another count."""
    low_offset: int
    """Every key that was alive at this checkpoint has been written to the changelog at or after this offset."""
    high_ms: int | None
    high_append_ms: int
    watermark_ms: int
    state_format: int
    """Of the states, as the application numbers it."""

    def encode(self) -> bytes:
        return orjson.dumps({"format": FORMAT} | {name: getattr(self, name) for name in self.__slots__})

    def clock(self, disorder_ms: int) -> StreamClock:
        return StreamClock(disorder_ms, self.high_ms, self.high_append_ms, self.watermark_ms)


def decode_mark(value: bytes) -> Mark:
    """Read a mark.

    Raises:
        StateConflictError: it is of a format that this version does not know.
    """
    fields = orjson.loads(value)
    found = fields.pop("format", None)
    if found != FORMAT:
        raise StateConflictError(
            f"the changelog is of format {found}, this version reads format {FORMAT}; "
            "run the version that wrote it, or start with another topic prefix"
        )
    return Mark(**fields)
