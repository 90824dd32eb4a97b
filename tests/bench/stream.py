"""Contract events of made-up users in order of arrival, made once and kept on disk."""

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from aiokafka.partitioner import murmur2

from pipeline.flinks.times import format_ms
from pipeline.simulator import Simulation
from tests.bench.cache import cached, source_digest

PARTITIONS = 4
START_MS = 1_735_689_600_000
"""2025-01-01: in the past, so that the broker's append times are later than all events' own."""
CLOCK_STEP_MS = 10_000
CLOCK_MS = 45 * 60_000
"""The late time of the slowest window, and some minutes."""
CLOCK_TICKS = CLOCK_MS // CLOCK_STEP_MS

_HEADER = struct.Struct("<BHI")
_WRITE_BYTES = 4 << 20

Keyed = tuple[int, bytes, bytes]
"""(partition, key, value)."""


@dataclass(frozen=True)
class Stream:
    """So many events of users who come at this rate, in the events' time.

    After them a clock ticks on in each partition, `CLOCK_TICKS` events of one visit that never ends, until every
    other window has closed and is gone.
    """

    users_per_minute: float
    events: int
    seed: int = 1

    @cached_property
    def name(self) -> str:
        """Names the file, and all that is made from it; fixed even when somebody edits the simulator meanwhile."""
        source = source_digest("pipeline/simulator", "tests/bench/stream.py")
        return f"{self.users_per_minute:g}-{self.events}-{self.seed}-{source}"

    def __len__(self) -> int:
        return self.events + PARTITIONS * CLOCK_TICKS

    def file(self) -> Path:
        return cached(f"events-{self.name}", self._write)

    def records(self) -> Iterator[Keyed]:
        """All of them, in order of arrival."""
        unpack, size = _HEADER.unpack_from, _HEADER.size
        with self.file().open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            at, end = 0, len(content)
            while at < end:
                partition, key_size, value_size = unpack(content, at)
                middle = at + size + key_size
                yield partition, content[at + size : middle], content[middle : middle + value_size]
                at = middle + value_size

    def _write(self, path: Path) -> None:
        print(f"making {self.events:,} events of {self.users_per_minute:,g} users a minute, once", file=sys.stderr)
        simulation = Simulation(self.seed, self.users_per_minute, START_MS, keep_truth=False)
        last_ms = START_MS
        with path.open("wb", buffering=_WRITE_BYTES) as out:
            for at_ms, key, value in islice(simulation.events(), self.events):
                last_ms = at_ms
                _put(out, partition_of(key), key, value)
            for partition, key, value in clock_events(last_ms):
                _put(out, partition, key, value)


def clock_events(last_ms: int) -> Iterator[Keyed]:
    """A visit in each partition in which nothing happens but time."""
    keys = _clock_keys()
    for tick in range(1, CLOCK_TICKS + 1):
        told = format_ms(last_ms + tick * CLOCK_STEP_MS)
        for partition, key in enumerate(keys):
            value = (
                f'{{"v":1,"id":"{key}-{tick}","source":"browser","kind":"step","name":"APP_ONLINE","at":"{told}",'
                f'"received_at":"{told}","connect_session_id":"{key}","platform":"web"}}'
            )
            yield partition, key.encode(), value.encode()


def partition_of(key: bytes) -> int:
    """As Kafka's own clients choose it."""
    return int(murmur2(key) & 0x7FFFFFFF) % PARTITIONS


def _clock_keys() -> list[str]:
    found: dict[int, str] = {}
    number = 0
    while len(found) < PARTITIONS:
        key = f"clock-{number}"
        found.setdefault(partition_of(key.encode()), key)
        number += 1
    return [found[partition] for partition in range(PARTITIONS)]


def _put(out: BinaryIO, partition: int, key: bytes, value: bytes) -> None:
    out.write(_HEADER.pack(partition, len(key), len(value)))
    out.write(key)
    out.write(value)
