"""Made-up counts: banks of many sizes, rates that wander and go with the hour, and incidents of all kinds.

Written for the tests alone, after what the detector is to find and not after how it finds it. Everything is drawn from
one seed.
"""

from dataclasses import dataclass, field
from random import Random

from pipeline.alerts import Bucket, Row

START = 29_540_160
"""A Monday's midnight, in minutes since 1970."""
DAY = 1440

RATES = {
    "INVALID_LOGIN": 0.14,
    "INVALID_SECURITY_RESPONSE": 0.03,
    "SESSION_EXPIRED": 0.035,
    "AGGREGATION_ERROR": 0.012,
    "RETRY_LATER": 0.01,
    "UNAUTHORIZED": 0.0005,
}


@dataclass(frozen=True)
class Trouble:
    """From `start` to `end` (minutes of the simulation) a share of attempts fails, or a rate is multiplied."""

    kind: str
    start: int
    end: int
    banks: tuple[str, ...]
    code: str
    share: float = 0.0
    times: float = 1.0


@dataclass
class World:
    """Banks by attempts a minute at noon."""

    seed: int
    banks: dict[str, float]
    troubles: list[Trouble] = field(default_factory=list)
    noise: float = 0.1
    """Standard deviation of the log of a rate that wanders over about an hour."""
    clumps: float = 0.0
    """Relative variance of a rate from minute to minute, on top of that."""

    def buckets(self, minutes: int) -> list[Bucket]:
        random = Random(self.seed)
        own = {(bank, code): random.lognormvariate(0, 0.3) for bank in self.banks for code in RATES}
        moods = dict.fromkeys(own, 0.0)
        return [self._bucket(random, minute, own, moods) for minute in range(minutes)]

    def _bucket(
        self, random: Random, minute: int, own: dict[tuple[str, str], float], moods: dict[tuple[str, str], float]
    ) -> Bucket:
        rows: list[Row] = []
        hour = minute % DAY / 60
        traffic = 0.15 + 0.85 * max(0.0, 1 - abs(hour - 14) / 10)
        for bank, size in self.banks.items():
            attempts = _poisson(random, size * traffic)
            for code, rate in RATES.items():
                key = bank, code
                moods[key] = 0.985 * moods[key] + random.gauss(0, self.noise * 0.1725)
                share = rate * own[key] * 2.718281828 ** moods[key]
                if self.clumps:
                    share *= random.gammavariate(1 / self.clumps, self.clumps)
                errors = _binomial(random, attempts, min(0.98, self._share(minute, bank, code, share)))
                if attempts:
                    rows.append(Row(bank, code, errors, attempts))
        return Bucket(START + minute, rows)

    def _share(self, minute: int, bank: str, code: str, share: float) -> float:
        for one in self.troubles:
            if one.start <= minute < one.end and bank in one.banks:
                if one.code == code:
                    share = share * one.times + one.share * (1 - share)
                elif one.share:
                    share *= 1 - one.share
        return share


def _poisson(random: Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(random.gauss(mean, mean**0.5)))
    count, product, least = 0, random.random(), 2.718281828**-mean
    while product > least:
        product *= random.random()
        count += 1
    return count


def _binomial(random: Random, attempts: int, share: float) -> int:
    mean = attempts * share
    if attempts > 60 and mean > 20:
        return min(attempts, max(0, round(random.gauss(mean, (mean * (1 - share)) ** 0.5))))
    if mean < 0.05 * attempts and attempts > 20:
        return min(attempts, _poisson(random, mean))
    return sum(random.random() < share for _ in range(attempts))


def shuffled(bucket: Bucket, random: Random) -> Bucket:
    """The same bucket with its rows in another order."""
    rows = list(bucket.rows)
    random.shuffle(rows)
    return Bucket(bucket.minute, rows)
