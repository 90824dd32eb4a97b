"""RFC 3339 times to milliseconds and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.flinks.times import LATEST_MS, earlier_ms, format_each, format_ms, parse_ms

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, LATEST_MS - 1)


class TestParse:
    @given(TIMES)
    def test_reads_what_it_writes(self, ms: int) -> None:
        """Once slowly and once from the cache."""
        text = format_ms(ms)
        assert parse_ms(text) == ms
        assert parse_ms(text) == ms

    @given(TIMES, st.integers(-23 * 60, 23 * 60))
    def test_offsets(self, ms: int, offset_minutes: int) -> None:
        """A time with any offset is the same time in UTC."""
        zone = timezone(timedelta(minutes=offset_minutes))
        moment = (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
        if moment.year > 1:
            assert parse_ms(moment.isoformat()) == ms

    @pytest.mark.parametrize(
        ("text", "ms"),
        [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:01.5z", 1500),
            ("1970-01-01 00:00:00.0019Z", 1),
            ("1970-01-01T00:00:00.123456789Z", 123),
            ("2200-12-31T23:59:59.999Z", LATEST_MS - 1),
        ],
    )
    def test_forms(self, text: str, ms: int) -> None:
        """Every form of RFC 3339 is read, and rounded down to milliseconds."""
        assert parse_ms(text) == ms

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "soon",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.000",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-W01-1T00:00:00Z",
            "20260101T000000Z",
            "1969-12-31T23:59:59.999Z",
            "2201-01-01T00:00:00.000Z",
            "0001-01-01T00:00:00+23:59",
            "2026-01-01T00:00:00.000Z ",
            "٢026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00+99:99",
        ],
    )
    def test_refuses(self, text: str) -> None:
        """What is no time with an offset, or of no believable year; the text is not repeated."""
        with pytest.raises(ValueError, match=r".") as caught:
            parse_ms(text)
        assert not text or text not in str(caught.value)

    def test_a_known_second_with_a_bad_fraction(self) -> None:
        """The cache of seconds makes nothing valid that is not."""
        parse_ms("2026-01-01T00:00:00.000Z")
        with pytest.raises(ValueError, match="RFC 3339"):
            parse_ms("2026-01-01T00:00:00.00")


class TestEarlier:
    @given(TIMES, TIMES)
    def test_of_two(self, at: int, received: int) -> None:
        """The earlier one, and the second."""
        assert earlier_ms(format_ms(at), format_ms(received)) == (min(at, received), received)

    def test_of_one(self) -> None:
        """Without the first it is the second."""
        assert earlier_ms(None, "1970-01-01T00:00:01.000Z") == (1000, 1000)


class TestFormat:
    @given(st.lists(TIMES))
    def test_each(self, times: list[int]) -> None:
        """As Python's own formatting has it."""
        expected = [f"{EPOCH + timedelta(milliseconds=ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z" for ms in times]
        assert format_each(times) == expected
        assert format_each(times) == expected
