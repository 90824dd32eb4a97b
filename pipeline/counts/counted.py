"""What was counted between two checkpoints of a partition, by minute, app and institution."""

from collections.abc import Callable
from typing import Final

from pipeline.counts.count import Count, write
from pipeline.flinks.times import LATEST_MS, format_ms

MINUTE_MS: Final = 60_000
READY_MS: Final = 5_000
"""So long after a minute most of its events have arrived: pages send theirs every few seconds."""

Place = tuple[int, str | None, str | None]
"""Start of the minute in ms, app, institution."""
Label = Callable[[str | None, str | None], tuple[str, str] | None]
"""App and institution to their labels, None if they are not to be counted."""


class Counted:
    """Count `at` a place; `take` makes records of it all."""

    __slots__ = ("_partition", "_places", "_told_minute")

    def __init__(self, partition: int) -> None:
        """Nothing was counted yet in this partition of flinks.events."""
        self._partition = partition
        self._places: dict[Place, Count] = {}
        self._told_minute = 0

    def at(self, place: Place) -> Count:
        """Where to count; its names are those of the event."""
        count = self._places.get(place)
        if count is None:
            count = self._places[place] = Count(1, self._partition, "", _said(place[0]))
        return count

    def places(self) -> list[tuple[Place, Count]]:
        """All that was counted since the last call of `take`."""
        return list(self._places.items())

    def take(self, watermark_ms: int, label: Label) -> list[bytes]:
        """The records of this checkpoint; nothing is left.

        There is one without counts if that tells that another minute is complete.
        """
        if watermark_ms < 0:  # no event yet
            return []
        watermark = _said(watermark_ms)
        labelled: dict[tuple[int, str, str], Count] = {}
        for (minute_ms, app, institution), count in self._places.items():
            labels = label(app, institution)
            if labels is None:
                continue
            known = labelled.get((minute_ms, *labels))
            if known is None:
                count.app, count.institution = labels
                count.watermark = watermark
                labelled[minute_ms, *labels] = count
            else:
                known.add(count)
        self._places.clear()
        counts = list(labelled.values())
        minute = (watermark_ms - READY_MS) // MINUTE_MS
        if not counts and minute == self._told_minute:
            return []
        self._told_minute = minute
        return [write(count) for count in counts or [Count(1, self._partition, watermark)]]


def headers(partition: int, watermark_ms: int) -> list[tuple[str, bytes]]:
    """Of every record of a checkpoint, so that one need not read what is counted to know how far it is."""
    return [("partition", b"%d" % partition), ("watermark", _said(watermark_ms).encode())]


def _said(ms: int) -> str:
    return format_ms(min(ms, LATEST_MS - 1))  # offline a watermark beyond all times closes what is open
