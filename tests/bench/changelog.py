"""An hour of changelog in minutes: the engine's own tasks and checkpoints, without Faust and without waiting."""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice, repeat

from aiokafka import TopicPartition
from faust.types import TP

from pipeline.cli.sessions_job import sessions_job
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Job, KafkaSettings, Record, StreamClock
from pipeline.engine.checkpoint import Checkpoint
from pipeline.engine.task import PartitionTask
from pipeline.sessions.fold import Settings
from tests.bench.cluster import fill
from tests.bench.stream import PARTITIONS, Stream


async def write_changelog(bootstrap: str, prefix: str, stream: Stream, checkpoints: int, copies: int) -> int:
    """Write what a worker leaves that took the stream in so many checkpoints; returns how many keys are open.

    `copies` makes as many visits of each, with keys of their own. The input topic gets as many records as were read,
    all of them empty: a restore only looks at their number.
    """
    kafka = KafkaSettings(bootstrap)
    job = sessions_job(TopicNames(prefix), Settings())
    tasks = [PartitionTask(TP(job.topic, partition)) for partition in range(PARTITIONS)]
    for task in tasks:
        partition = task.tp.partition
        producer = kafka.transactional_producer(f"{job.group}-{job.agent}-{partition}")
        await producer.start()
        fold = job.make_fold(partition, StreamClock(job.disorder_ms))
        task.begin(fold, producer, 0, PARTITIONS, job.state_format, 0, 0)
    try:
        for turn in _turns(stream, stream.events // checkpoints + 1, copies):
            for task, records in zip(tasks, turn, strict=True):
                if records:
                    task.process(records)
            await asyncio.gather(*(_checkpoint(job, task) for task in tasks))
    finally:
        for task in tasks:
            assert task.producer is not None
            await task.producer.stop()
    empty = (keyed for task in tasks for keyed in repeat((task.tp.partition, b"", b""), task.position))
    await fill(bootstrap, job.topic, empty)
    return sum(task.open_keys for task in tasks)


async def _checkpoint(job: Job, task: PartitionTask) -> None:
    changes, mark, _ = task.snapshot()
    assert task.producer is not None
    checkpoint = Checkpoint(task.producer, TopicPartition(*task.tp), job.group, job.changelog, changes, mark)
    await checkpoint.write()
    task.committed_to(mark, checkpoint.changelog_end, checkpoint.broker_ms)


def _turns(stream: Stream, size: int, copies: int) -> Iterator[list[list[Record]]]:
    """So many events of the stream at a time, by partition."""
    append_ms = time.time_ns() // 1_000_000
    offsets = [0] * PARTITIONS
    events = islice(stream.records(), stream.events)
    while some := list(islice(events, size)):
        turn: list[list[Record]] = [[] for _ in range(PARTITIONS)]
        for partition, key, value in some:
            for copy in range(copies):
                its_key = b"%b-%d" % (key, copy)
                turn[partition].append((offsets[partition], append_ms, its_key, value.replace(key, its_key)))
                offsets[partition] += 1
        yield turn
