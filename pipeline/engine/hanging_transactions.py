"""Ending what Kafka left undecided in the log of a former owner.

A new producer under a transactional id ends the open transaction of the former one: that is what everything here
stands on. Apache Kafka 4.3 was seen to break it, once. A broker that was killed with a transaction open, and came back
after that had timed out, noted it as aborted and wrote no marker into the partitions. Then its records stay undecided
until the next marker of the same producer, which is the commit of the new owner's first checkpoint: it would commit
them as well, and results would stand there twice.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.consumer.fetcher import READ_UNCOMMITTED
from aiokafka.errors import KafkaTimeoutError

from pipeline.engine.kafka import KafkaSettings

log = logging.getLogger(__name__)

DECIDED_S: Final = 10.0
"""Markers are written some ms after an abort was accepted."""
_LOOK_S: Final = 0.05


async def end_hanging(
    kafka: KafkaSettings, producer: AIOKafkaProducer, changelog: TopicPartition, outputs: Collection[str]
) -> None:
    """Abort what is undecided in a changelog partition, and in the results of the same checkpoint.

    Call it after the producer's start, when nothing may be undecided any more. Goes by the changelog, which every
    checkpoint writes: as long as the end of a checkpoint is not told there, a restore begins before it. Where the
    changelog is decided nothing is done, whatever hangs elsewhere.

    Args:
        kafka: How to reach the broker.
        producer: Started, with no transaction open.
        changelog: The partition that only this producer and those before it write.
        outputs: Topics of the results.

    Raises:
        KafkaTimeoutError: it is still undecided after an abort.
        KafkaError: anything of the broker's.
    """
    async with kafka.reader() as reader:
        if not await _is_undecided(reader, changelog):
            return
        log.warning("%s-%d: a dead owner's transaction was left undecided: aborting it", *changelog)
        partitions = [changelog]
        for topic in outputs:
            count = len(await producer.partitions_for(topic))
            partitions.append(TopicPartition(topic, changelog.partition % count))
        await producer.begin_transaction()
        for partition in partitions:  # a marker is written to each, though no record ever is
            producer._txn_manager.maybe_add_partition_to_txn(partition)
        await producer.abort_transaction()
        try:
            async with asyncio.timeout(DECIDED_S):
                while await _is_undecided(reader, changelog):  # noqa: ASYNC110  of a broker
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise KafkaTimeoutError(f"{changelog.topic}-{changelog.partition} stays undecided") from None


async def _is_undecided(reader: AIOKafkaConsumer, partition: TopicPartition) -> bool:
    """Whether there are records beyond what a read_committed reader may see."""
    stable: int = (await reader.end_offsets([partition]))[partition]
    fetcher = reader._fetcher
    committed, fetcher._isolation_level = fetcher._isolation_level, READ_UNCOMMITTED
    try:
        end: int = (await reader.end_offsets([partition]))[partition]
    finally:
        fetcher._isolation_level = committed
    return end > stable
