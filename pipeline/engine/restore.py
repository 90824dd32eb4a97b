"""Bringing a partition back: fence the former owner, read the changelog, find the position."""

import asyncio
import logging
from dataclasses import dataclass

from aiokafka import TopicPartition
from faust.types import TP

from pipeline.engine.changelog import read_changelog
from pipeline.engine.closing import stop_producer
from pipeline.engine.errors import MembershipLostError, StateConflictError
from pipeline.engine.fold import StreamClock
from pipeline.engine.hanging_transactions import end_hanging
from pipeline.engine.job import Job
from pipeline.engine.kafka import KafkaSettings
from pipeline.engine.mark import Mark
from pipeline.engine.task import PartitionTask
from pipeline.engine.transport import ChunkThread

log = logging.getLogger(__name__)

LOADS_PER_TURN = 2_000
"""Then other work of the event loop has a turn."""


@dataclass(slots=True, frozen=True)
class Source:
    """What the broker says of an input partition."""

    topic: str
    partition: int
    partitions: int
    begin: int
    end: int
    committed: int | None
    """The consumer group's offset."""


def position_of(source: Source, mark: Mark | None, changelog: str, group: str) -> int:
    """Where to go on reading. The mark is the truth; the group's offset, if there is one, must agree with it.

    Raises:
        StateConflictError: they contradict each other, or the input topic is not the one of the checkpoint.
    """
    where = f"{source.topic}-{source.partition}"
    if mark is None:
        if source.committed is not None:
            raise StateConflictError(
                f"group {group} has read {where} up to {source.committed}, but {changelog} holds no checkpoint: its "
                "state is gone. Restore the changelog topic, or delete the group's offsets to begin anew"
            )
        return source.begin
    require_same_input(changelog, (mark.topic, mark.partitions), (source.topic, source.partitions))
    if source.committed not in (None, mark.position):
        raise StateConflictError(
            f"group {group} stands at {source.committed} in {where}, the checkpoint in {changelog} at "
            f"{mark.position}: someone moved the group's offsets. Set them back to {mark.position}, or begin anew "
            "with another topic prefix"
        )
    if mark.position > source.end:
        raise StateConflictError(
            f"the checkpoint stands at {mark.position} in {where}, which ends at {source.end}: the topic was made "
            "anew or cut. Begin anew with another topic prefix"
        )
    if mark.position < source.begin:
        log.error(
            "%s: the broker has deleted records %d to %d before they were read; retention is too short for the time "
            "this group was away",
            where,
            mark.position,
            source.begin,
        )
        return source.begin
    return mark.position


def require_same_input(changelog: str, before: tuple[str, int], now: tuple[str, int]) -> None:
    """Topic and number of partitions, of which each key's place depends.

    Raises:
        StateConflictError: they are not what they were.
    """
    if before != now:
        raise StateConflictError(
            f"{changelog} was written for {before[0]} with {before[1]} partitions, and {now[0]} has {now[1]}: keys are "
            "elsewhere now. Use the old count, or another topic prefix"
        )


def require_known_states(changelog: str, found: int, known: int) -> None:
    """The format of the application's states.

    Raises:
        StateConflictError: another version of the application wrote them.
    """
    if found != known:
        raise StateConflictError(
            f"{changelog} holds states of format {found}, this version reads format {known}: run the version that "
            "wrote them, or begin anew with another topic prefix"
        )


async def restore(job: Job, kafka: KafkaSettings, thread: ChunkThread, task: PartitionTask) -> int:
    """Bring the task's memory back; returns how many changelog records were read.

    Raises:
        MembershipLostError: the worker is not the owner under the task's generation.
        StateConflictError: the changelog contradicts the group or the topic.
        KafkaError: anything of the broker's.
    """
    tp = task.tp
    await _require_membership(job, thread, task)
    producer = kafka.transactional_producer(f"{job.group}-{job.agent}-{tp.partition}")
    try:
        await producer.start()  # fences the former owner, and ends what it left open
        # A worker that slept between the question and the start must not use what it has just taken away.
        await _require_membership(job, thread, task)
        await end_hanging(kafka, producer, TopicPartition(job.changelog, tp.partition), job.outputs)
        changelog = await read_changelog(kafka, job.changelog, tp.partition)
        source = await thread.run(_source(thread, tp))
        mark = changelog.mark
        if mark is not None:
            require_known_states(job.changelog, mark.state_format, job.state_format)
        position = position_of(source, mark, job.changelog, job.group)
        fold = job.make_fold(tp.partition, mark.clock(job.disorder_ms) if mark else StreamClock(job.disorder_ms))
        for number, (key, state) in enumerate(changelog.states.items()):
            fold.load(key, state)
            if number % LOADS_PER_TURN == 0:
                await asyncio.sleep(0)
    except BaseException:
        await stop_producer(producer)
        raise
    low = mark.low_offset if mark else 0
    task.begin(fold, producer, position, source.partitions, job.state_format, low, changelog.end)
    return changelog.records


async def _require_membership(job: Job, thread: ChunkThread, task: PartitionTask) -> None:
    if not await thread.run(thread.is_member(task.generation)):
        raise MembershipLostError(f"not a member of {job.group} under generation {task.generation}")


async def _source(thread: ChunkThread, tp: TP) -> Source:
    consumer = thread._ensure_consumer()
    at = TopicPartition(*tp)
    committed = await consumer.committed(at)
    begin = (await consumer.beginning_offsets([at]))[at]
    end = (await consumer.end_offsets([at]))[at]
    return Source(tp.topic, tp.partition, thread.partition_count(tp.topic), begin, end, committed)
