"""The way from a tab to the topic: batches, delays, copies, clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from pipeline.simulator.clock import RIGHT, Clock, fast, silent, slow
from pipeline.simulator.timing import HOUR_MS, MINUTE_MS, SECOND_MS, Pause, stamp
from pipeline.simulator.visit import Told, Visit

ON_TIME_MS: Final = 60_000
"""What is delivered within this time of its event changes no result, in whatever order."""

_NETWORK: Final = Pause(90, 0.8)
_COLLECTOR: Final = Pause(15, 0.7)
_LATE: Final = Pause(HOUR_MS, 0.8)
_LATE_BY_A_LITTLE: Final = Pause(8 * MINUTE_MS, 0.7)
_REPEAT: Final = Pause(5 * SECOND_MS, 0.8)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How well events travel; every `_share` is between 0 and 1."""

    flush_ms: int = 3_000
    """A listener sends what it has this long after the first of it."""
    slow_share: float = 0.02
    """Batches that take up to 40 s: disorder within the allowed."""
    shuffled_share: float = 0.02
    """Batches whose events stand in any order."""
    late_share: float = 0.001
    """Batches kept by a phone without network: most about an hour late, some a few minutes."""
    copied_share: float = 0.01
    """Batches that arrive twice, ids and all."""
    silent_clock_share: float = 0.01
    """Tabs whose events have no `at`."""
    fast_clock_share: float = 0.01
    """Tabs whose `at` is in the future."""
    slow_clock_share: float = 0.01
    """Tabs whose `at` is some seconds behind."""
    twice_share: float = 0.004
    """Tabs with two listeners (React mounts twice), each with event ids of its own."""

    def clock(self, rng: Random) -> Clock:
        """Draw the clock of a tab."""
        drawn = rng.random()
        if drawn >= self.silent_clock_share + self.fast_clock_share + self.slow_clock_share:
            return RIGHT
        delay_ms = rng.randint(20, 1_500)
        if drawn < self.silent_clock_share:
            return silent(delay_ms)
        if drawn < self.silent_clock_share + self.fast_clock_share:
            ahead_ms = rng.choice((10 * SECOND_MS, 7 * MINUTE_MS, 3 * HOUR_MS, 400 * 24 * HOUR_MS))
            return fast(ahead_ms + rng.randrange(SECOND_MS), delay_ms)
        return slow(rng.randint(100, 12_000))


HOSTILE: Final = Delivery(
    flush_ms=5_000,
    slow_share=0.25,
    shuffled_share=0.3,
    late_share=0.02,
    copied_share=0.2,
    silent_clock_share=0.1,
    fast_clock_share=0.1,
    slow_clock_share=0.1,
    twice_share=0.05,
)
"""Everything that is rare is frequent."""


Parcel = tuple[int, bytes, tuple[bytes, ...]]
"""(time in ms, record key, values): events that reach the topic at one moment, in this order.

A plain tuple, which the garbage collector need not look into: very many of them wait.
"""


def carry(rng: Random, delivery: Delivery, visit: Visit, parcels: list[Parcel]) -> bool:
    """Bring all that a visit told to the topic; return whether some of it is late."""
    late = False
    if visit.told:
        key = visit.key.encode()
        if visit.clock.delay_ms is None:
            late = _in_batches(rng, delivery, visit.told, key, parcels)
        else:
            _one_by_one(rng, delivery, visit, key, parcels)
    for post_key, told in visit.posted:
        received_ms = told.at_ms + _NETWORK.draw(rng)
        value = f"{told.head}{stamp(received_ms)}{told.tail}".encode()
        parcels.append((received_ms + _COLLECTOR.draw(rng), post_key.encode(), (value,)))
    return late


def again(rng: Random, key: str, told: Told, after_ms: int) -> Parcel:
    """Deliver a webhook once more, `after_ms` later: same id, same `at`."""
    received_ms = told.at_ms + after_ms
    value = f"{told.head}{stamp(received_ms)}{told.tail}".encode()
    return received_ms + _COLLECTOR.draw(rng), key.encode(), (value,)


def _in_batches(rng: Random, delivery: Delivery, told: Sequence[Told], key: bytes, parcels: list[Parcel]) -> bool:
    """Deliver in batches; return whether any of them was late."""
    late = False
    begin = 0
    while begin < len(told):
        flush_ms = told[begin].said_ms + delivery.flush_ms
        end = begin + 1
        while end < len(told) and told[end].said_ms <= flush_ms:
            end += 1
        received_ms = flush_ms + _delay_ms(rng, delivery)
        batch = told[begin:end]
        if rng.random() < delivery.shuffled_share:
            batch = rng.sample(batch, len(batch))
        parcel = _parcel(rng, batch, key, received_ms)
        parcels.append(parcel)
        late = late or parcel[0] - told[begin].at_ms > ON_TIME_MS
        if rng.random() < delivery.copied_share:
            # Half of them are sent anew by the browser, half by the collector after a lost answer.
            pause_ms = _REPEAT.draw(rng)
            if rng.getrandbits(1):
                parcels.append(_parcel(rng, batch, key, received_ms + pause_ms))
            else:
                parcels.append((parcel[0] + pause_ms, key, parcel[2]))
        begin = end
    return late


def _one_by_one(rng: Random, delivery: Delivery, visit: Visit, key: bytes, parcels: list[Parcel]) -> None:
    delay_ms = visit.clock.delay_ms or 0
    for event in visit.told:
        received_ms = event.said_ms + delay_ms
        parcels.append(_parcel(rng, [event], key, received_ms))
        if rng.random() < delivery.copied_share:
            parcels.append(_parcel(rng, [event], key, received_ms + _REPEAT.draw(rng)))


def _delay_ms(rng: Random, delivery: Delivery) -> int:
    delay_ms = _NETWORK.draw(rng)
    drawn = rng.random()
    if drawn < delivery.slow_share:
        return delay_ms + rng.randint(2 * SECOND_MS, 40 * SECOND_MS)
    if drawn < delivery.slow_share + delivery.late_share:
        return delay_ms + rng.choice((_LATE, _LATE, _LATE_BY_A_LITTLE)).draw(rng)
    return delay_ms


def _parcel(rng: Random, told: Sequence[Told], key: bytes, received_ms: int) -> Parcel:
    received = stamp(received_ms)
    values = [f"{event.head}{received}{event.tail}".encode() for event in told]
    return received_ms + _COLLECTOR.draw(rng), key, tuple(values)
