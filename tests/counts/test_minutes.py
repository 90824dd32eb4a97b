"""When a minute is complete, and what it holds then."""

import random

from hypothesis import given
from hypothesis import strategies as st

from pipeline.counts.count import Count
from pipeline.counts.minutes import DISORDER_MS, Minutes, load_minutes
from pipeline.flinks.times import format_ms

START_MS = 1_780_000_020_000
MINUTE_MS = 60_000
assert START_MS % MINUTE_MS == 0


def count(partition: int, stream_s: float, minute: int | None = None, attempts: int = 0, app: str = "web") -> Count:
    """A record of a partition whose stream time is so many seconds after the start."""
    watermark = format_ms(START_MS + int(stream_s * 1000) - DISORDER_MS)
    if minute is None:
        return Count(1, partition, watermark)
    start = format_ms(START_MS + minute * MINUTE_MS)
    return Count(1, partition, watermark, start, "RBC", app, attempts, codes={"RETRY_LATER": 1})


def fed(*counts: Count) -> Minutes:
    """At one moment, which is 0."""
    minutes = Minutes()
    for one in counts:
        minutes.take(one, 0)
    return minutes


def told(minutes: Minutes, now_s: float = 0, clock_s: float | None = None) -> list[tuple[int, int]]:
    """(Minute, attempts) of what is ready at a time of the broker's clock."""
    clock_ms = 0 if clock_s is None else START_MS + int(clock_s * 1000)
    return [
        ((one.start_ms - START_MS) // MINUTE_MS, sum(each.attempts for each in one.institutions.values()))
        for one in minutes.ready(int(now_s * 1000), clock_ms)
    ]


class TestMinutes:
    def test_waits_for_every_partition(self) -> None:
        """A minute is complete five seconds after its end, in all of them."""
        minutes = fed(count(0, 10, 0, 1), count(1, 20, 0, 2), count(0, 66))
        assert told(minutes) == []
        minutes.take(count(1, 64.9), 0)
        assert told(minutes) == []
        minutes.take(count(1, 65), 0)
        assert told(minutes) == [(0, 3)]
        assert told(minutes) == []

    def test_does_not_wait_for_ever(self) -> None:
        """A partition of which nothing is heard for two minutes is left behind."""
        minutes = fed(count(0, 10, 0, 1), count(1, 20, 0, 2))
        minutes.take(count(0, 1_000), 119_000)
        assert told(minutes, now_s=119.9) == []
        assert told(minutes, now_s=120)[0] == (0, 3)

    def test_the_brokers_clock_was_ahead(self) -> None:
        """By a day, and was put right: a partition that was heard of then is not waited for until tomorrow."""
        minutes, day_ms = Minutes(), 86_400_000
        minutes.take(count(0, 10, 0, 1), day_ms)
        minutes.take(count(1, 20, 0, 2), day_ms)
        minutes.take(count(0, 900), 1_000)
        minutes.take(count(0, 1_000), 60_000)
        assert told(minutes, now_s=120.9) == []
        assert told(minutes, now_s=121)[0] == (0, 3)

    def test_partitions_may_be_far_apart(self) -> None:
        """A backlog is worked off at different speeds; who lives is waited for."""
        minutes = fed(count(1, 6_000, 100, 2), count(0, 7_200, 100, 1))
        assert told(minutes) == []
        minutes.take(count(1, 7_200), 60_000)
        assert (100, 3) in told(minutes, now_s=60)

    def test_goes_on_with_the_clock(self) -> None:
        """When nobody tells anything for two minutes, minutes without counts follow."""
        minutes = fed(count(0, 10, 0, 1))
        assert told(minutes, now_s=119, clock_s=300) == []
        assert told(minutes, now_s=120, clock_s=244) == [(0, 1), (1, 0), (2, 0)]

    def test_apps_and_partitions_add_up(self) -> None:
        """By institution."""
        minutes = fed(count(0, 1, 0, 1), count(1, 2, 0, 2), count(0, 3, 0, 4, app="ios"), count(0, 70), count(1, 70))
        (minute,) = minutes.ready(0)
        assert minute.institutions["RBC"].attempts == 7
        assert minute.institutions["RBC"].codes == {"RETRY_LATER": 3}

    def test_late(self) -> None:
        """What comes for a minute that is over is left out, and told."""
        minutes = fed(count(0, 70, 1, 1), count(0, 71, 0, 1), count(0, 130))
        assert told(minutes) == [(1, 1)]
        assert minutes.late == 1
        minutes.take(count(0, 131, 1, 5), 0)
        assert minutes.late == 2

    @given(st.integers(0, 2**32))
    def test_can_be_put_down_anywhere(self, seed: int) -> None:
        """Written and read back between any two records, it hands on the same."""
        rng = random.Random(seed)
        streams = [0.0, 0.0, 0.0]
        minutes, other = Minutes(), Minutes()
        for _ in range(30):
            partition = rng.randrange(3)
            streams[partition] += rng.random() * 60
            minute = rng.choice([None, int(streams[partition] // 60), max(0, int(streams[partition] // 60) - 1)])
            record = count(partition, streams[partition], minute, rng.randrange(3))
            for one in (minutes, other):
                one.take(Count(**{name: getattr(record, name) for name in record.__struct_fields__}), 0)
            other = load_minutes(other.dump())
            assert told(minutes) == told(other)
