"""What came before, remembered for some hours."""

from collections import OrderedDict


class RecentIds:
    """Ids with the time at which they came, the oldest first. The clock is the caller's, in seconds."""

    def __init__(self, keep_s: float, most: int) -> None:
        self._keep_s = keep_s
        self._most = most
        self._at_s: OrderedDict[str, float] = OrderedDict()

    def __contains__(self, id_: str) -> bool:
        return id_ in self._at_s

    def add(self, id_: str, now_s: float) -> None:
        """Remember it, and forget what is too old or too much."""
        self._at_s.setdefault(id_, now_s)
        while self._at_s and (len(self._at_s) > self._most or next(iter(self._at_s.values())) <= now_s - self._keep_s):
            self._at_s.popitem(last=False)

    def __len__(self) -> int:
        return len(self._at_s)
