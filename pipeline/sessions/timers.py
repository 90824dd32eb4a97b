"""When to look at which key, at the latest."""

from heapq import heappop, heappush
from typing import Final

_TICK_BITS: Final = 10
"""Ticks of 1,024 ms: a timer runs at the end of its tick, so about a second late at most."""


class Timers:
    """Keys by the tick in which something of theirs is due; setting and running cost the same however many wait.

    A timer can not be taken back: whoever runs it finds out whether it is still meant.
    """

    __slots__ = ("_keys", "_ticks")

    def __init__(self) -> None:
        self._keys: dict[int, list[str]] = {}
        self._ticks: list[int] = []
        """Heap of the ticks that have keys."""

    def set(self, due_ms: int, key: str) -> None:
        """Run the key once the watermark is at or a little after this."""
        tick = due_ms >> _TICK_BITS
        keys = self._keys.get(tick)
        if keys is None:
            self._keys[tick] = [key]
            heappush(self._ticks, tick)
        else:
            keys.append(key)

    def are_due(self, watermark_ms: int) -> bool:
        """Whether a tick with keys is over at this watermark."""
        return bool(self._ticks) and self._ticks[0] < watermark_ms >> _TICK_BITS

    def due(self, watermark_ms: int) -> list[str]:
        """The keys of the next tick that is over at this watermark; none if there is no such tick."""
        return self._keys.pop(heappop(self._ticks)) if self.are_due(watermark_ms) else []

    def __len__(self) -> int:
        """How many timers are set, those no longer meant among them."""
        return sum(map(len, self._keys.values()))
