"""A checkpoint: one Kafka transaction with changed states, results and the input position."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from pipeline.engine.errors import OutputTooLargeError
from pipeline.engine.fold import Changes
from pipeline.engine.kafka import MAX_BATCH_BYTES
from pipeline.engine.mark import MARK_KEY, Mark

RECORD_OVERHEAD_BYTES = 200
"""More than a record's own header and its batch's."""
APPENDS_PER_TURN = 1_000
"""Then other work of the event loop has a turn."""


class Checkpoint:
    """Writes one checkpoint. Its steps are methods of their own so that a test can stop between them.

    After any exception the outcome is unknown: the transaction may have been committed. The memory from which the
    checkpoint was taken must then be discarded and restored.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        source: TopicPartition,
        group: str,
        changelog: str,
        changes: Changes,
        mark: Mark,
    ) -> None:
        self.producer = producer
        self.source = source
        self.group = group
        self.changelog = changelog
        self.changes = changes
        self.mark = mark
        self.changelog_end = 0
        self.broker_ms = 0
        """The broker's clock when it appended the mark."""
        self._batches: list[tuple[str, int, Any]] = []
        self._marked = 0

    async def write(self) -> None:
        """Write it; returns once it is committed.

        Raises:
            OutputTooLargeError: a key and value are over what the broker takes.
            KafkaError: anything of the broker's, ProducerFenced among them.
        """
        # The broker ends a transaction that is open for too long, so the long part comes before its beginning.
        await self.build()
        await self.producer.begin_transaction()
        await self.send()
        await self.send_offset()
        await self.commit()

    async def build(self) -> None:
        """Put the records into batches, the changelog's first and the mark last of those."""
        partition = self.source.partition
        await self._build(self.changelog, partition, [*self.changes.states, (MARK_KEY, self.mark.encode())], [])
        self._marked = len(self._batches) - 1
        for topic, records in self.changes.results.items():
            if records:
                count = len(await self.producer.partitions_for(topic))
                await self._build(topic, partition % count, records, self.changes.headers.get(topic, []))

    async def send(self) -> None:
        sent = [
            await self.producer.send_batch(batch, topic, partition=partition)
            for topic, partition, batch in self._batches
        ]
        # All in one, so that no failure is left unseen when one of them has ended the checkpoint.
        await asyncio.gather(*sent)
        marked = self._batches[self._marked][2]
        written = sent[self._marked].result()
        self.changelog_end = written.offset + marked.record_count()
        # Where the changelog has its writers' times the broker tells none.
        self.broker_ms = written.timestamp if written.timestamp >= 0 else time.time_ns() // 1_000_000

    async def send_offset(self) -> None:
        await self.producer.send_offsets_to_transaction({self.source: self.mark.position}, self.group)

    async def commit(self) -> None:
        await self.producer.commit_transaction()

    async def _build(
        self,
        topic: str,
        partition: int,
        records: Sequence[tuple[bytes | None, bytes | None]],
        headers: Sequence[tuple[str, bytes]],
    ) -> None:
        batch = self.producer.create_batch()
        for number, (key, value) in enumerate(records, 1):
            _require_size(topic, key, value)
            if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                self._batches.append((topic, partition, batch))
                batch = self.producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=headers)
            if number % APPENDS_PER_TURN == 0:
                await asyncio.sleep(0)
        self._batches.append((topic, partition, batch))


def _require_size(topic: str, key: bytes | None, value: bytes | None) -> None:
    size = len(key or b"") + len(value or b"") + RECORD_OVERHEAD_BYTES
    if size > MAX_BATCH_BYTES:
        raise OutputTooLargeError(f"a record of {size} bytes for {topic}: the most is {MAX_BATCH_BYTES}")
