"""RFC 3339 times to milliseconds and back, quickly: events are near each other in time."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CANONICAL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ", re.ASCII)
_MINUTE_MS: Final = 60_000

EARLIEST_MS: Final = 0
LATEST_MS: Final = (datetime(2201, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
"""Times from 1970 to 2200 are believed; others are a broken clock or an attack."""

_CACHE_ENTRIES: Final = 100_000
"""More minutes than two months have; when they are used up the cache starts anew."""

_minutes: Final[dict[str, int]] = {}
"""'YYYY-MM-DDTHH:MM:' to ms."""
_seconds: Final[dict[str, int]] = {}
"""'SS.mmmZ' to ms: at most 60,000."""
_minute_texts: Final[dict[int, str]] = {}
_second_texts: Final[dict[int, str]] = {}


def earlier_ms(at: str | None, received_at: str) -> tuple[int, int]:
    """The earlier of two times, or the one there is, and the second, in ms; raises ValueError like parse_ms."""
    try:
        received_ms = _minutes[received_at[:17]] + _seconds[received_at[17:]]
        if at is None:
            return received_ms, received_ms
        at_ms = _minutes[at[:17]] + _seconds[at[17:]]
    except KeyError:
        received_ms = parse_ms(received_at)
        at_ms = received_ms if at is None else parse_ms(at)
    return (at_ms if at_ms < received_ms else received_ms), received_ms  # noqa: FURB136  # half min()'s time


def parse_ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time, rounded down; raises ValueError without the text."""
    try:
        return _minutes[text[:17]] + _seconds[text[17:]]
    except KeyError:
        return _parse_slowly(text)


def _parse_slowly(text: str) -> int:
    if not _RFC_3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time with its offset from UTC")
    try:
        moment = datetime.fromisoformat(text.upper())
        ms = (moment - _EPOCH) // _MS
    except (ValueError, OverflowError):
        raise ValueError("no such date or time") from None
    if not EARLIEST_MS <= ms < LATEST_MS:
        raise ValueError("outside the years 1970 to 2200")
    if _CANONICAL.fullmatch(text):
        if len(_minutes) >= _CACHE_ENTRIES:
            _minutes.clear()
        _minutes[text[:17]] = ms - ms % _MINUTE_MS
        _seconds[text[17:]] = ms % _MINUTE_MS
    return ms


def format_ms(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds and Z, as the contracts have it."""
    return format_each((ms,))[0]


def format_each(times: Iterable[int]) -> list[str]:
    """The same for several times in ms."""
    times = tuple(times)
    try:
        return [_minute_texts[ms // _MINUTE_MS] + _second_texts[ms % _MINUTE_MS] for ms in times]
    except KeyError:
        return [_format_slowly(ms) for ms in times]


def _format_slowly(ms: int) -> str:
    minute, rest = divmod(ms, _MINUTE_MS)
    if len(_minute_texts) >= _CACHE_ENTRIES:
        _minute_texts.clear()
    _minute_texts[minute] = f"{_EPOCH + timedelta(minutes=minute):%Y-%m-%dT%H:%M:}"
    _second_texts[rest] = f"{rest // 1000:02}.{rest % 1000:03}Z"
    return _minute_texts[minute] + _second_texts[rest]
