"""Reading the counts of a backtest."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final, TextIO

from pipeline.alerts import Bucket, Row
from pipeline.cli.failures import Failure

HEADER: Final = "timestamp,institution,code,errors,attempts"
WIDTHS_MIN: Final = (1, 5)
_FIELDS: Final = 5
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
    several = len(stamps) > 1
    return wide if several and all((b - a) % wide == 0 for a, b in pairwise(stamps.values())) else narrow


def buckets_of(path: Path) -> Iterator[tuple[Bucket, int]]:
    """Each bucket, and how many bytes of the file have been read by then.

    Raises:
        Failure: A line is not as it has to be.
    """
    rows: list[Row] = []
    current, minute, done, before = "", 0, len(HEADER) + 1, None
    known: dict[str, str] = {}
    for number, line in _lines(path):
        fields = line.rstrip("\r\n").split(",")
        if len(fields) != _FIELDS:
            raise _wrong(path, number, f"{_FIELDS} fields are expected: {HEADER}")
        stamp, institution, code, errors, attempts = fields
        if stamp != current:
            if rows:
                yield Bucket(minute, rows), done
            rows, current, before, minute = [], stamp, minute, _minute(stamp, path, number)
            if minute <= before:
                raise _wrong(path, number, "the rows are not sorted by time")
        try:
            counted = int(attempts) if attempts else None
            failed = int(errors)
        except ValueError:
            raise _wrong(path, number, "errors and attempts are whole numbers, attempts may be empty") from None
        if failed < 0 or (counted is not None and counted < 0):
            raise _wrong(path, number, "errors and attempts are not below 0")
        institution, code = known.setdefault(institution, institution), known.setdefault(code, code)
        rows.append(Row(institution, code, failed, counted))
        done += len(line)
    if rows:
        yield Bucket(minute, rows), done


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line after the header."""
    with path.open(encoding="utf-8") as file:
        _check_header(file, path)
        for number, line in enumerate(file, start=2):
            if line.strip():
                yield number, line


def _check_header(file: TextIO, path: Path) -> None:
    if file.readline().strip() != HEADER:
        raise _wrong(path, 1, f"the header is not {HEADER}")


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
