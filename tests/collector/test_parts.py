"""Small parts that need no network: laws and examples."""

from typing import Any

import pytest
from aiokafka.partitioner import murmur2 as java_murmur2
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collector.buckets import Buckets
from pipeline.collector.ids import made_up_id, release_of
from pipeline.collector.murmur2 import murmur2
from pipeline.collector.skew import corrected, skew_ms
from pipeline.flinks.times import format_ms, parse_ms

NOON = "2026-11-23T12:00:00.000Z"
NOON_MS = 1795435200000


@given(st.binary(max_size=70))
def test_partitions_as_every_other_client(key: bytes) -> None:
    """Or a visit's events would be on two partitions."""
    assert murmur2(key) & 0x7FFFFFFF == java_murmur2(key) & 0x7FFFFFFF


class TestSkew:
    @given(st.integers(-(10**9), 10**9), st.integers(0, 1_000))
    def test_events_keep_their_distance_to_the_sending(self, wrong_ms: int, way_ms: int) -> None:
        """Whatever the sender's clock shows, an event of 5 s before is one of 5 s before, less the way."""
        sent_at, at = format_ms(NOON_MS - way_ms + wrong_ms), format_ms(NOON_MS - way_ms + wrong_ms - 5_000)
        found = parse_ms(corrected(at, skew_ms(sent_at, NOON_MS), NOON_MS))
        assert abs(found - (NOON_MS - 5_000)) <= 3_000

    def test_bounds(self) -> None:
        """Never after the receipt, nor before 1970; other spellings of a time are written as ours."""
        assert corrected("2100-01-01T00:00:00Z", 0, NOON_MS) == NOON
        assert corrected("1970-01-01T00:00:00Z", -(10**12), NOON_MS) == "1970-01-01T00:00:00.000Z"
        assert corrected("2026-11-23T07:00:00-05:00", 0, NOON_MS) == NOON
        assert corrected(NOON, 0, NOON_MS) == NOON
        assert skew_ms(None, NOON_MS) == 0
        for wrong in ("noon", "", "2026-11-23"):
            with pytest.raises(ValueError, match="RFC 3339"):
                skew_ms(wrong, NOON_MS)


class TestIds:
    @pytest.mark.parametrize(
        "good", ["1", "visit-1", "3EB951D4-5738-4004-81b2-fb28c5e4c1a0", "a.b_c-1", "x" * 64, "1" * 32]
    )
    def test_good(self, good: str) -> None:
        """What programs make up."""
        assert made_up_id(good) == good

    @pytest.mark.parametrize(
        "bad", ["", "x" * 65, "zoe@x", "4540123456789010", "a-514-555-0199", "é", "a\n", "a b", 7, None, []]
    )
    def test_bad(self, bad: Any) -> None:
        """What may be somebody's."""
        assert made_up_id(bad) is None

    def test_releases(self) -> None:
        """Anything else is left out."""
        assert release_of("2026.11.2+b1") == "2026.11.2+b1"
        assert [release_of(bad) for bad in ("", " 1", "<b>", "x" * 65, 7, None)] == [None] * 6


class TestBuckets:
    def test_a_burst_and_then_its_rate(self) -> None:
        """Two a second, twenty at once."""
        buckets = Buckets(2.0)
        assert [buckets.take("a", 1, 0.0) for _ in range(20)] == [0.0] * 20
        assert buckets.take("a", 1, 0.0) == 0.5
        assert buckets.take("b", 1, 0.0) == 0.0
        assert buckets.take("a", 1, 0.5) == 0.0
        assert buckets.take("a", 1, 0.4) == 0.5  # a clock that goes back gives nothing

    def test_more_than_a_full_bucket(self) -> None:
        """Is let through when the bucket is full, and paid for afterwards."""
        buckets = Buckets(1.0)
        assert buckets.take("a", 500, 0.0) == 0.0
        assert buckets.take("a", 1, 100.0) == 391.0
        assert buckets.take("a", 1, 500.0) == 0.0

    def test_memory_is_bounded(self) -> None:
        """Strangers come by the million."""
        buckets = Buckets(1.0, most=100)
        for number in range(1_000):
            buckets.take(number, 1, 0.0)
        assert len(buckets) == 100

    def test_no_limit(self) -> None:
        """0."""
        assert Buckets(0).take("a", 1e9, 0.0) == 0.0
