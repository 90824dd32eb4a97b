"""RFC 3339 times to milliseconds and back, quickly: events are near each other in time."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CANONICAL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ", re.ASCII)
_SECOND_MS: Final = 1_000

EARLIEST_MS: Final = 0
LATEST_MS: Final = (datetime(2201, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
"""Times from 1970 to 2200 are believed; others are a broken clock or an attack."""

_CACHED_SECONDS: Final = 100_000
"""More than a day; when they are used up the cache starts anew. Small tables stay in the processor's cache."""

_seconds: Final[dict[str, int]] = {}
"""'YYYY-MM-DDTHH:MM:SS' to ms."""
_fractions: Final = {f".{ms:03}Z": ms for ms in range(_SECOND_MS)}
"""'.mmmZ' to ms."""
_second_texts: Final[dict[int, str]] = {}
_fraction_texts: Final = tuple(_fractions)


def earlier_ms(at: str | None, received_at: str) -> tuple[int, int]:
    """The earlier of two times, or the one there is, and the second, in ms; raises ValueError like parse_ms."""
    try:
        received_ms = _seconds[received_at[:19]] + _fractions[received_at[19:]]
        if at is None:
            return received_ms, received_ms
        at_ms = _seconds[at[:19]] + _fractions[at[19:]]
    except KeyError:
        received_ms = parse_ms(received_at)
        at_ms = received_ms if at is None else parse_ms(at)
    return (at_ms if at_ms < received_ms else received_ms), received_ms  # noqa: FURB136  # half min()'s time


def parse_ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time, rounded down; raises ValueError without the text."""
    try:
        return _seconds[text[:19]] + _fractions[text[19:]]
    except KeyError:
        return _parse_slowly(text)


def is_canonical(text: str) -> bool:
    """Whether it is as `format_ms` writes it; so two of them are in the order of their texts.

    Only seconds that were met before are known, so False may be wrong.
    """
    return text[:19] in _seconds and text[19:] in _fractions


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
        if len(_seconds) >= _CACHED_SECONDS:
            _seconds.clear()
        _seconds[text[:19]] = ms - ms % _SECOND_MS
    return ms


def format_ms(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds and Z, as the contracts have it."""
    return format_each((ms,))[0]


def format_each(times: Sequence[int]) -> list[str]:
    """The same for several times in ms."""
    try:
        return [_second_texts[ms // _SECOND_MS] + _fraction_texts[ms % _SECOND_MS] for ms in times]
    except KeyError:
        return [_second_text(ms // _SECOND_MS) + _fraction_texts[ms % _SECOND_MS] for ms in times]


def _second_text(second: int) -> str:
    if len(_second_texts) >= _CACHED_SECONDS:
        _second_texts.clear()
    if second not in _second_texts:
        _second_texts[second] = f"{_EPOCH + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}"
    return _second_texts[second]
