"""Reading the counts of a backtest."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from sys import intern
from typing import Final, TextIO

from pipeline.alerts import Bucket, Row
from pipeline.cli.failures import Failure

HEADER: Final = "timestamp,institution,code,errors,attempts"
WIDTHS_MIN: Final = (1, 5)
_FIELDS: Final = 5
_MOST: Final = 10**9
"""Nobody has more in a bucket, and up to here the detector's sums are exact (windows)."""
_ROW: Final = partial(tuple.__new__, Row)
"""Row._make, twice as fast."""
_BLOCK: Final = 2**19
"""Characters that are read at a time."""
_STAMPS: Final = 200
"""Time stamps that are looked at to learn how wide a bucket is: of 5-minute buckets some are always neighbours."""


def width_of(path: Path) -> int:
    """Minutes of a bucket: 5 if all of the first time stamps are multiples of 5 minutes, else 1."""
    stamps: dict[str, int] = {}
    for number, line in _lines(path):
        stamp = line.partition(",")[0]
        if stamp not in stamps:
            stamps[stamp] = _minute(stamp, path, number)
        if len(stamps) == _STAMPS:
            break
    narrow, wide = WIDTHS_MIN
    return wide if len(stamps) > 1 and all(minute % wide == 0 for minute in stamps.values()) else narrow


def buckets_of(path: Path, width_min: int) -> Iterator[tuple[Bucket, int]]:
    """Each bucket, and about how many characters of the file have been read by then.

    Raises:
        Failure: A line is not as it has to be.
    """
    rows: list[Row] = []
    current, minute, done = "", 0, len(HEADER) + 1
    for number, block in _blocks(path):
        before = current, minute
        done += len(block)
        try:
            stamps, found = _rows(block)
        except ValueError:
            raise _first_wrong(path, number, block, *before) from None
        start = 0
        for stamp, group in groupby(stamps):
            end = start + len(list(group))
            if stamp != current:
                if rows:
                    yield Bucket(minute, rows), done
                try:
                    at = _minute(stamp, path, number)
                except Failure:
                    raise _first_wrong(path, number, block, *before) from None
                if at <= minute:
                    raise _first_wrong(path, number, block, *before)
                if at % width_min:
                    raise Failure(f"{path}: {stamp} does not begin a bucket of {width_min} min, as all before it do")
                rows, current, minute = [], stamp, at
            rows += found[start:end]
            start = end
    if rows:
        yield Bucket(minute, rows), done


def _blocks(path: Path) -> Iterator[tuple[int, str]]:
    """The file in pieces of whole lines, each with its first line's number."""
    with _opened(path) as file:
        number = 2
        while block := file.read(_BLOCK):
            block += file.readline()
            yield number, block
            number += block.count("\n")


def _rows(block: str) -> tuple[list[str], list[Row]]:
    """Time stamp and row of each line, column by column, which is several times as fast as line by line.

    Raises:
        ValueError: Some line is wrong.
    """
    lines = block.strip("\n")
    if "\n\n" in lines:
        lines = "\n".join(filter(None, lines.split("\n")))
    if not lines:
        return [], []
    fields = lines.replace("\n", ",").split(",")
    stamps, institutions, codes, errors, attempts = (fields[place::_FIELDS] for place in range(_FIELDS))
    failed = list(map(int, errors))
    counted = [int(text) if text else None for text in attempts] if "" in attempts else list(map(int, attempts))
    known = {*failed, *counted} - {None}
    if len(fields) % _FIELDS or min(known) < 0 or max(known) > _MOST:
        raise ValueError
    columns = zip(map(intern, institutions), map(intern, codes), failed, counted, strict=True)
    return stamps, list(map(_ROW, columns))


def _first_wrong(path: Path, number: int, block: str, current: str, minute: int) -> Failure:
    """What is wrong with a block, of which something is; `current` is the time stamp before it, at `minute`."""
    for place, line in enumerate(block.splitlines(), start=number):
        if not line.strip():
            continue
        fields = line.split(",")
        if len(fields) != _FIELDS:
            return _wrong(path, place, f"{_FIELDS} fields are expected: {HEADER}")
        stamp, _, _, errors, attempts = fields
        if stamp != current:
            before, current, minute = minute, stamp, _minute(stamp, path, place)
            if minute <= before:
                return _wrong(path, place, "the rows are not sorted by time")
        try:
            counts = int(errors), int(attempts or 0)
        except ValueError:
            return _wrong(path, place, "errors and attempts are whole numbers, attempts may be empty")
        if not 0 <= min(counts) <= max(counts) <= _MOST:
            return _wrong(path, place, f"errors and attempts are from 0 to {_MOST:,}")
    return _wrong(path, number, f"here or below a line is not as expected: {HEADER}")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line after the header."""
    with _opened(path) as file:
        for number, line in enumerate(file, start=2):
            if line.strip():
                yield number, line


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file after its header; spreadsheets begin it with a byte order mark."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            if file.readline().strip() != HEADER:
                raise _wrong(path, 1, f"the header is not {HEADER}")
            yield file
    except UnicodeDecodeError:
        raise Failure(f"{path}: not text, or not in UTF-8") from None


def _minute(stamp: str, path: Path, number: int) -> int:
    """Minutes since 1970."""
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        raise _wrong(path, number, f"{stamp[:40]!r} is not an RFC 3339 time") from None
    if time.utcoffset() != timedelta(0) or time.second or time.microsecond:
        raise _wrong(path, number, f"{stamp[:40]!r} is not the start of a minute in UTC, as 2026-03-02T00:05:00Z is")
    return int(time.timestamp()) // 60


def _wrong(path: Path, number: int, what: str) -> Failure:
    return Failure(f"{path}, line {number}: {what}")
