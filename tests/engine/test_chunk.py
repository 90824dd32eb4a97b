"""Reading fetched batches as tuples."""

import struct
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from pipeline.engine.chunk import take_records

ABORT = struct.pack(">hh", 0, 0)
COMMIT = struct.pack(">hh", 0, 1)
MANY = 1_000_000

# Where in a batch of format 2 they stand.
CRC_AT = 17
ATTRIBUTES_AT = 21
LAST_AT = 23
CONTROL_BIT = 0x20


def batch(
    base: int,
    *keys: bytes,
    producer: int | None = None,
    control: bool = False,
    deltas: Sequence[int] = (),
    last: int | None = None,
) -> bytes:
    """A batch at this offset as the broker would send it; `deltas` and `last` as compaction may have left them."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=producer is not None,
        producer_id=-1 if producer is None else producer,
        producer_epoch=0,
        base_sequence=0,
        batch_size=1 << 20,
    )
    for delta, key in zip(deltas or range(len(keys)), keys, strict=True):
        builder.append(delta, timestamp=1_000 + base + delta, key=key, value=b"v" + key, headers=[])
    made = bytearray(builder.build())
    made[:8] = struct.pack(">q", base)
    if control:
        made[ATTRIBUTES_AT + 1] |= CONTROL_BIT
    if last is not None:
        made[LAST_AT : LAST_AT + 4] = struct.pack(">i", last)
    if control or last is not None:
        made[CRC_AT:ATTRIBUTES_AT] = struct.pack(">I", calc_crc32c(bytes(made[ATTRIBUTES_AT:])))
    return bytes(made)


def marker(base: int, producer: int, kind: bytes) -> bytes:
    return batch(base, kind, producer=producer, control=True)


def fetched(
    position: int, *batches: bytes, aborted: Sequence[tuple[int, int]] = (), isolation: int = READ_COMMITTED
) -> PartitionRecords:
    """What aiokafka holds of one fetch: batches, from a position, with (producer, first offset) of what was aborted."""
    records = MemoryRecords(b"".join(batches))
    return PartitionRecords(TopicPartition("t", 0), records, list(aborted), position, None, None, True, isolation)


def keys(records: list[Any]) -> list[bytes]:
    return [record[2] for record in records]


class TestTakeRecords:
    """Design: tuples made per batch; a chunk tells the consumer's positions, for markers take offsets too."""

    def test_gives_tuples(self) -> None:
        """Tuples: offset, append time, key and value of each record, and the position behind the last."""
        source = fetched(5, batch(5, b"a", b"b"))
        assert take_records(source, MANY) == [(5, 1_005, b"a", b"va"), (6, 1_006, b"b", b"vb")]
        assert source.next_fetch_offset == 7

    def test_stops_after_the_batch_that_reaches_the_most(self) -> None:
        """Tuples: whole batches, no more than are needed; the next call goes on."""
        source = fetched(0, batch(0, b"a", b"b"), batch(2, b"c", b"d"), batch(4, b"e"))
        assert keys(take_records(source, 3)) == [b"a", b"b", b"c", b"d"]
        assert source.next_fetch_offset == 4
        assert keys(take_records(source, 3)) == [b"e"]
        assert source.next_fetch_offset == 5

    def test_leaves_out_what_is_before_the_position(self) -> None:
        """Positions: a seek into a batch gives only what follows it, though the broker sends the whole batch."""
        source = fetched(7, batch(5, b"a", b"b", b"c"))
        assert keys(take_records(source, MANY)) == [b"c"]
        assert source.next_fetch_offset == 8

    def test_passes_over_compacted_gaps(self) -> None:
        """Positions: a batch whose last records were compacted away still moves the position to its end."""
        source = fetched(0, batch(0, b"b", b"d", deltas=[1, 3], last=4))
        assert [record[0] for record in take_records(source, MANY)] == [1, 3]
        assert source.next_fetch_offset == 5

    def test_leaves_out_aborted_batches(self) -> None:
        """read_committed: a batch of an aborted transaction is not given, one of another producer in between is."""
        source = fetched(
            0,
            batch(0, b"a", producer=7),
            batch(1, b"b", producer=8),
            batch(2, b"c", producer=7),
            marker(3, 7, ABORT),
            marker(4, 8, COMMIT),
            aborted=[(7, 0)],
        )
        assert keys(take_records(source, MANY)) == [b"b"]
        assert source.next_fetch_offset == 5

    def test_gives_what_the_producer_wrote_after_its_abort(self) -> None:
        """read_committed: the abort marker ends the abort, not the producer."""
        source = fetched(
            0,
            batch(0, b"a", producer=7),
            marker(1, 7, ABORT),
            batch(2, b"b", producer=7),
            marker(3, 7, COMMIT),
            aborted=[(7, 0)],
        )
        assert keys(take_records(source, MANY)) == [b"b"]

    def test_an_abort_begins_at_its_first_offset(self) -> None:
        """read_committed: an earlier transaction of the same producer, which it committed, is given."""
        source = fetched(
            0,
            batch(0, b"a", producer=7),
            marker(1, 7, COMMIT),
            batch(2, b"b", producer=7),
            marker(3, 7, ABORT),
            aborted=[(7, 2)],
        )
        assert keys(take_records(source, MANY)) == [b"a"]

    def test_markers_alone_move_the_position(self) -> None:
        """Positions: a fetch of nothing but markers and aborted records gives none, and is not asked for again."""
        source = fetched(3, batch(3, b"a", producer=7), marker(4, 7, ABORT), aborted=[(7, 3)])
        assert take_records(source, MANY) == []
        assert source.next_fetch_offset == 5

    def test_reads_uncommitted_if_told_to(self) -> None:
        """read_committed: it is the isolation level that leaves aborted batches out."""
        source = fetched(
            0, batch(0, b"a", producer=7), marker(1, 7, ABORT), aborted=[(7, 0)], isolation=READ_UNCOMMITTED
        )
        assert keys(take_records(source, MANY)) == [b"a"]

    def test_refuses_a_wrong_checksum(self) -> None:
        """Tuples: a batch that was damaged on its way is refused, and named."""
        damaged = bytearray(batch(5, b"a"))
        damaged[-2] ^= 1
        with pytest.raises(CorruptRecordException, match="at 5"):
            take_records(fetched(5, bytes(damaged)), MANY)

    def test_gives_the_same_as_aiokafka(self) -> None:
        """Tuples: aiokafka's own reading of the same fetch, record by record."""
        batches = [
            batch(10, b"a", b"b", b"c"),
            batch(13, b"d", producer=7),
            batch(14, b"e", producer=8),
            marker(15, 7, ABORT),
            batch(16, b"f", b"g", producer=7),
            marker(18, 8, COMMIT),
            marker(19, 7, COMMIT),
        ]
        own, theirs = (fetched(11, *batches, aborted=[(7, 13)]) for _ in range(2))
        expected = [(r.offset, r.timestamp, r.key, r.value) for r in theirs]
        assert take_records(own, MANY) == expected
        assert keys(expected) == [b"b", b"c", b"e", b"f", b"g"]
        assert own.next_fetch_offset == theirs.next_fetch_offset == 20
