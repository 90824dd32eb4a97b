"""Timers by the tick."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.sessions.timers import Timers

TICK_MS = 1024


class TestTimers:
    @given(st.lists(st.integers(-10_000, 100_000)), st.integers(-20_000, 120_000))
    def test_runs_what_is_due(self, times: list[int], watermark_ms: int) -> None:
        """No key runs before its time, and each at the latest when its tick is over, in order of ticks."""
        timers = Timers()
        for place, time_ms in enumerate(times):
            timers.set(time_ms, str(place))
        run = []
        while keys := timers.due(watermark_ms):
            run += [times[int(key)] for key in keys]
        assert all(time_ms <= watermark_ms for time_ms in run)
        assert len(run) >= sum(time_ms <= watermark_ms - TICK_MS for time_ms in times)
        assert [time_ms // TICK_MS for time_ms in run] == sorted(time_ms // TICK_MS for time_ms in run)
        assert len(timers) == len(times) - len(run)

    def test_a_timer_for_a_tick_that_is_over_runs_next(self) -> None:
        """It may be set while timers run."""
        timers = Timers()
        timers.set(5_000, "late")
        assert timers.due(10_000) == ["late"]
        timers.set(1_000, "later")
        assert timers.due(10_000) == ["later"]
        assert timers.due(10_000) == []
