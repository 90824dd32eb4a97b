"""The watermark of an idle partition."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import StreamClock
from pipeline.engine.fold import UNKNOWN_MS

DISORDER_MS = 60_000
times = st.integers(0, 2**42)


class TestIdle:
    """`StreamClock.idle`. Design: event time with a watermark per partition that goes on when it is idle."""

    def test_trails_by_the_delay_of_the_newest_event(self) -> None:
        """Idle watermark: an event that came 5 s late keeps the watermark 5 s more behind than the disorder."""
        clock = StreamClock(DISORDER_MS, high_ms=1_000_000, high_append_ms=1_005_000, watermark_ms=940_000)
        assert clock.idle(1_100_000) == 1_100_000 - 5_000 - DISORDER_MS
        assert clock.watermark_ms == 1_035_000

    def test_a_replayed_history_does_not_jump_to_the_present(self) -> None:
        """Idle watermark: a pause of 10 s in the replay of a year-old history is worth 10 s and not a year."""
        year_ms = 365 * 86_400_000
        clock = StreamClock(DISORDER_MS, high_ms=0, high_append_ms=year_ms, watermark_ms=-DISORDER_MS)
        assert clock.idle(year_ms + 10_000) == 10_000 - DISORDER_MS

    def test_an_event_from_the_future_does_not_take_the_clock_along(self) -> None:
        """Idle watermark: a delay below zero counts as none, so that it stays behind now by the disorder."""
        clock = StreamClock(DISORDER_MS, high_ms=2_000, high_append_ms=1_000, watermark_ms=UNKNOWN_MS)
        assert clock.idle(1_500) == 1_500 - DISORDER_MS

    def test_without_any_event_there_is_no_time(self) -> None:
        """Idle watermark: a partition that never had an event stays before all time."""
        clock = StreamClock(DISORDER_MS)
        assert clock.idle(1_000_000) == UNKNOWN_MS
        assert clock.watermark_ms == UNKNOWN_MS

    @given(high=times, append=times, watermark=times, answers=st.lists(times, max_size=10))
    def test_never_back_and_never_beyond_now_less_disorder(
        self, high: int, append: int, watermark: int, answers: list[int]
    ) -> None:
        """Idle watermark: whatever times the broker answers at, it does not go back nor pass now less the disorder."""
        clock = StreamClock(DISORDER_MS, high, append, watermark)
        before = watermark
        for now in answers:
            reached = clock.idle(now)
            assert reached >= before
            assert reached == before or reached <= now - DISORDER_MS
            before = reached

    @given(high=times, append=times, now=times)
    def test_a_silent_broker_stops_it(self, high: int, append: int, now: int) -> None:
        """Idle watermark: asked again with the same answer of the broker it stands still, however long that takes."""
        clock = StreamClock(DISORDER_MS, high, append, UNKNOWN_MS)
        assert clock.idle(now) == clock.idle(now)
