"""Token buckets: how much each of many senders may do, with a burst after a rest."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

BURST_S = 10.0
"""A bucket holds what comes in so long."""
MOST = 100_000
"""Senders that are remembered; the one that was away for longest is forgotten, and its bucket is full again."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Buckets:
    """One bucket for each key. The clock is the caller's, in seconds, and only its differences matter."""

    def __init__(self, per_s: float, most: int = MOST) -> None:
        """`per_s` tokens come each second; 0: there is no limit."""
        self._per_s = per_s
        self._burst = per_s * BURST_S
        self._most = most
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, key: Hashable, tokens: float, now_s: float) -> float:
        """Take tokens, and return 0; or none, and return the seconds until they are there."""
        if self._per_s <= 0:
            return 0.0
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._most:
                self._buckets.popitem(last=False)
            bucket = self._buckets[key] = _Bucket(self._burst, now_s)
        else:
            self._buckets.move_to_end(key)
            bucket.tokens = min(self._burst, bucket.tokens + max(0.0, now_s - bucket.at_s) * self._per_s)
            bucket.at_s = now_s
        # Whoever asks for more than a full bucket gets it when it is full: it would wait for ever.
        missing = min(tokens, self._burst) - bucket.tokens
        if missing > 0:
            return missing / self._per_s
        bucket.tokens -= tokens
        return 0.0

    def __len__(self) -> int:
        return len(self._buckets)
