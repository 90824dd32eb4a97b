"""Bringing a partition back: fence the former owner, read the changelog, find the position."""

import asyncio
import logging
from dataclasses import dataclass

from pipeline.engine.errors import StateConflictError
from pipeline.engine.mark import Mark

log = logging.getLogger(__name__)


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
    if mark.topic != source.topic or mark.partitions != source.partitions:
        raise StateConflictError(
            f"{changelog} was written for {mark.topic} with {mark.partitions} partitions, and {source.topic} has "
            f"{source.partitions}: keys are elsewhere now. Use the old count, or another topic prefix"
        )
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


async def turn(done: int, every: int = 2_000) -> None:
    """Let others have the event loop after each so many steps of a long synchronous piece of work."""
    if done % every == 0:
        await asyncio.sleep(0)
