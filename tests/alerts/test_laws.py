"""What holds whatever the counts are."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts import Alert, Alerts, AlertSettings, Bucket, DumpError, OrderError, Row
from tests.alerts.counts import START, Trouble, World, shuffled
from tests.alerts.running import steady, tell

MINUTES = 150
TROUBLES = [
    Trouble("outage", 60, 90, ("Alpha",), "RETRY_LATER", share=0.9),
    Trouble("spike", 100, 130, ("Beta",), "INVALID_LOGIN", times=5),
    Trouble("wide", 75, 95, ("Alpha", "Beta", "Gamma", "Delta"), "AGGREGATION_ERROR", share=0.5),
]


def world(seed: int) -> list[Bucket]:
    return World(seed, {"Alpha": 60, "Beta": 30, "Gamma": 8, "Delta": 5}, TROUBLES).buckets(MINUTES)


WORLDS = [world(seed) for seed in (1, 2)]
TOLD = [tell(buckets) for buckets in WORLDS]


def with_dumps(buckets: Sequence[Bucket], cuts: set[int], settings: AlertSettings | None = None) -> list[Alert]:
    """What is told when the state is dumped, and loaded into a new detector, before these buckets."""
    alerts = Alerts(settings)
    told = []
    for number, bucket in enumerate(buckets):
        if number in cuts:
            dumped = alerts.dump()
            alerts = Alerts(settings)
            alerts.load(dumped)
            assert alerts.dump() == dumped
        told += [one.alert for one in alerts.take(bucket)]
    return told


class TestLaws:
    def test_there_is_something_to_tell(self) -> None:
        """Else the laws would hold for nothing."""
        assert all({one.state for one in told} >= {"firing", "resolved"} for told in TOLD)
        assert all(any(one.institution == "*" for one in told) for told in TOLD)

    @settings(deadline=None, max_examples=5)
    @given(st.sampled_from([0, 1]), st.sets(st.integers(0, MINUTES - 1), max_size=12))
    def test_dump_and_load_anywhere_change_nothing(self, which: int, cuts: set[int]) -> None:
        assert with_dumps(WORLDS[which], cuts) == TOLD[which]

    @settings(deadline=None, max_examples=3)
    @given(st.sampled_from([0, 1]), st.integers(0, 1000))
    def test_the_order_of_rows_means_nothing(self, which: int, seed: int) -> None:
        random = Random(seed)
        assert tell(shuffled(bucket, random) for bucket in WORLDS[which]) == TOLD[which]

    @settings(deadline=None, max_examples=3)
    @given(st.sampled_from([0, 1]), st.integers(1, MINUTES))
    def test_the_future_changes_nothing(self, which: int, minutes: int) -> None:
        """An input that is cut off gives a prefix of the output, each told at its own time."""
        cut = tell(WORLDS[which][:minutes])
        assert cut == TOLD[which][: len(cut)]
        assert all(one.updated_at > cut[-1].updated_at for one in TOLD[which][len(cut) :] if cut)

    def test_buckets_without_rows_may_be_left_out(self) -> None:
        """A gap is the same as empty buckets."""
        before, rest = WORLDS[0][:50], WORLDS[0][70:]
        empty = [Bucket(bucket.minute, ()) for bucket in WORLDS[0][50:70]]
        assert tell([*before, *rest]) == tell([*before, *empty, *rest])

    def test_silence_is_kept_over_a_dump(self) -> None:
        watch = AlertSettings(watch_silence=True, width_min=5)
        quiet = [Bucket(START + 5 * number, [Row("Alpha", "RETRY_LATER", 0, 50)]) for number in range(290)]
        quiet += [Bucket(START + 5 * number, ()) for number in range(290, 310)]
        assert with_dumps(quiet, {100, 292, 305}, watch) == tell(quiet, watch)


class TestRefusals:
    def test_a_bucket_that_is_not_the_next(self) -> None:
        alerts = Alerts()
        alerts.take(Bucket(START, ()))
        with pytest.raises(OrderError):
            alerts.take(Bucket(START, ()))

    def test_a_bucket_that_does_not_begin_where_buckets_do(self) -> None:
        with pytest.raises(OrderError):
            Alerts(AlertSettings(width_min=5)).take(Bucket(START + 1, ()))

    def test_a_dump_of_something_else(self) -> None:
        wide = Alerts(AlertSettings(width_min=5))
        with pytest.raises(DumpError, match="5 min"):
            Alerts().load(wide.dump())
        with pytest.raises(DumpError, match="not a dump"):
            Alerts().load(b"nonsense")

    def test_a_dump_is_refused_before_anything_is_changed(self) -> None:
        alerts = Alerts()
        for bucket in steady(3, Row("Alpha", "RETRY_LATER", 1, 10)):
            alerts.take(bucket)
        before = alerts.dump()
        with pytest.raises(DumpError):
            alerts.load(b"\x93")
        assert alerts.dump() == before
