"""Records of one partition and one fetch, taken from aiokafka as tuples.

aiokafka makes a ConsumerRecord of every record, which costs more than the whole of a simple fold. Here a batch is
read in one list comprehension instead.
"""

from dataclasses import dataclass
from typing import Any

from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.errors import CorruptRecordException

from pipeline.engine.fold import Record


@dataclass(slots=True, frozen=True)
class Chunk:
    """What one fetch brought for one partition.

    `start` and `end` are the consumer's positions before and after, not offsets of records: transaction markers
    and aborted records take offsets too, so a chunk may be empty of records and still move the position.
    """

    start: int
    end: int
    records: list[Record]


def take_records(source: Any, most: int) -> list[Record]:
    """Read whole batches from aiokafka's PartitionRecords until `most` records are reached or passed.

    Moves `source.next_fetch_offset` on. Batches of aborted transactions and transaction markers are passed over.

    Raises:
        CorruptRecordException: a batch fails its checksum.
    """
    taken: list[Record] = []
    batches = source._records
    while len(taken) < most and batches.has_next():
        batch = batches.next_batch()
        if source._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"checksum of a batch of {source._tp} at {batch.base_offset} is wrong")
        if _is_aborted(source, batch) or batch.is_control_batch:
            source.next_fetch_offset = batch.next_offset
            continue
        start = source.next_fetch_offset
        rows = [(r.offset, r.timestamp, r.key, r.value) for r in batch]
        if rows and rows[0][0] < start:  # the position was inside this batch
            rows = [row for row in rows if row[0] >= start]
        taken += rows
        source.next_fetch_offset = batch.next_offset
    return taken


def _is_aborted(source: Any, batch: Any) -> bool:
    if source._isolation_level != READ_COMMITTED or batch.producer_id is None:
        return False
    source._consume_aborted_up_to(batch.base_offset)
    if batch.is_control_batch:
        if source._contains_abort_marker(batch):
            source._aborted_producers.discard(batch.producer_id)
        return False
    return batch.is_transactional and batch.producer_id in source._aborted_producers
