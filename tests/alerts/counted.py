"""Records of flinks.counts for tests: some banks with steady traffic, and trouble when told."""

from collections.abc import Iterator

from pipeline.counts import Count, write
from pipeline.counts.minutes import DISORDER_MS
from pipeline.engine.fold import Record
from pipeline.flinks.times import format_ms

START_MS = 1_780_000_020_000
MINUTE_MS = 60_000
BANKS = ("BMO", "RBC", "TD")
ATTEMPTS = 30


def minute_of(number: int, failing: dict[str, int] | None = None, begin_ms: int = START_MS) -> list[bytes]:
    """The records of a minute: 30 attempts a bank, of which so many meet RETRY_LATER."""
    start_ms = begin_ms + number * MINUTE_MS
    watermark = format_ms(start_ms + MINUTE_MS + 6_000 - DISORDER_MS)
    records = []
    for bank in BANKS:
        failed = (failing or {}).get(bank, number % 7 == 0)
        count = Count(1, 0, watermark, format_ms(start_ms), bank, "web", ATTEMPTS, ATTEMPTS - failed)
        if failed:
            count.codes = {"RETRY_LATER": int(failed)}
            count.samples = {"RETRY_LATER": [f"{bank}-{number}"]}
        count.visits, count.reports = ATTEMPTS, int(failed)
        count.waits = {0: count.completions}
        records.append(write(count))
    return records


def records(values: list[bytes], offset: int, number: int, begin_ms: int = START_MS) -> list[Record]:
    append_ms = begin_ms + (number + 1) * MINUTE_MS + 7_000
    return [(offset + place, append_ms, None, value) for place, value in enumerate(values)]


def run(minutes: int, outage: range, bank: str = "RBC", begin_ms: int = START_MS) -> Iterator[list[Record]]:
    """Minute after minute, with 24 of 30 attempts failing at a bank in an outage."""
    offset = 0
    for number in range(minutes):
        values = minute_of(number, {bank: 24} if number in outage else None, begin_ms)
        yield records(values, offset, number, begin_ms)
        offset += len(values)
