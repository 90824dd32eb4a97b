"""How long people, banks and networks take, and how a moment is written."""

import math
import time
from random import Random
from statistics import NormalDist
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

_QUANTILE_BITS: Final = 10
_QUANTILES: Final = [NormalDist().inv_cdf((n + 0.5) / (1 << _QUANTILE_BITS)) for n in range(1 << _QUANTILE_BITS)]


class Pause:
    """A lognormal pause, drawn from a table of its quantiles.

    The table makes a draw cheap and bounds it: no draw is longer than
    `median_ms * exp(3.3 * sigma)`, so a pause can not wander over a session gap by chance.
    """

    __slots__ = ("_table",)

    def __init__(self, median_ms: int, sigma: float) -> None:
        """Prepare the pause that is `median_ms` in the middle; `sigma` is that of its logarithm."""
        self._table = [max(1, round(median_ms * math.exp(sigma * z))) for z in _QUANTILES]

    def draw(self, rng: Random) -> int:
        """Milliseconds, at least 1."""
        return self._table[rng.getrandbits(_QUANTILE_BITS)]


# People.
GLANCE: Final = Pause(900, 0.7)
READ: Final = Pause(4_000, 0.7)
CHOOSE: Final = Pause(6_000, 0.7)
TYPE: Final = Pause(13_000, 0.6)
ANSWER: Final = Pause(19_000, 0.7)
# Pages and banks.
LOAD: Final = Pause(350, 0.6)
BANK: Final = Pause(4_500, 0.6)
SERVER: Final = Pause(1_200, 0.7)
# One occurrence that is told as a step and as a code: always well under the 5 s that pair them.
ECHO: Final = Pause(120, 0.8)


_MILLIS: Final = [f".{n:03d}Z" for n in range(1_000)]
_seconds: dict[int, str] = {}
_SECONDS_KEPT: Final = 50_000


def stamp(ms: int) -> str:
    """RFC 3339 UTC with milliseconds of a time in milliseconds since 1970."""
    second, millis = divmod(ms, 1_000)
    text = _seconds.get(second)
    if text is None:
        if len(_seconds) >= _SECONDS_KEPT:
            _seconds.clear()
        text = _seconds[second] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return text + _MILLIS[millis]
