"""One partition's work on this worker: its fold, its producer, and how far it is."""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer
from faust.types import TP

from pipeline.engine.fold import Changes, Fold
from pipeline.engine.mark import Mark

SLICE_RECORDS = 2_000
"""So long the fold has the event loop for itself: about 20 ms."""
SWEEP_CHECKPOINTS = 300
"""In this many checkpoints every live key is written again, so that old changelog is never needed."""


class PartitionTask:
    """Not running until `begin`; dead, with nothing of its memory used any more, after `discard`."""

    def __init__(self, tp: TP) -> None:
        self.tp = tp
        self.generation = -1
        self.epoch = 0
        """Goes up whenever the position may have jumped; work begun under an older one stops."""
        self.running = False
        self.fold: Fold | None = None
        self.producer: AIOKafkaProducer | None = None
        self.position = 0
        self.committed = 0
        self.end = 0
        """The partition's end as the broker last told it."""
        self.partitions = 0
        self.state_format = 0
        self.answered_ms: int | None = None
        """Which answer of the broker was the last to be looked at; None when records came after that look."""
        self.checkpointed_at = 0.0
        self.records = 0
        """Taken since the last checkpoint."""
        self.stuck = 0
        self.failed_at: float | None = None
        self.lock = asyncio.Lock()
        """One checkpoint at a time; each memory has its own, for one of a dead memory may hang."""
        self.activation: asyncio.Task[None] | None = None
        self.checkpoint: asyncio.Task[None] | None = None
        self._low = 0
        self._changelog_end = 0
        self._sweep: Iterator[bytes] | None = None
        self._sweep_started = 0
        self._sweep_size = 0
        self._broker_ahead_ms: int | None = None

    @property
    def broker_ms(self) -> int | None:
        """The broker's clock: as of the last checkpoint, and what has passed since; None before the first one."""
        return None if self._broker_ahead_ms is None else self._broker_ahead_ms + _monotonic_ms()

    @property
    def open_keys(self) -> int:
        """How many keys the fold holds."""
        return 0 if self.fold is None else len(self.fold)

    @property
    def lag(self) -> int:
        """Records on the broker that are not in a committed checkpoint."""
        return max(0, self.end - self.committed)

    def begin(
        self,
        fold: Fold,
        producer: AIOKafkaProducer,
        position: int,
        partitions: int,
        state_format: int,
        low: int,
        changelog_end: int,
    ) -> None:
        """A restore is done; memory is as the changelog says."""
        self.fold, self.producer, self.lock = fold, producer, asyncio.Lock()
        self.position = self.committed = position
        self.partitions, self.state_format = partitions, state_format
        self._low, self._changelog_end, self._sweep = low, changelog_end, None
        self.records = 0
        self.checkpoint = None
        self.checkpointed_at = time.monotonic()

    def discard(self) -> AIOKafkaProducer | None:
        """Forget the memory; the producer is handed back to be stopped."""
        self.running = False
        self.epoch += 1
        self.fold = None
        producer, self.producer = self.producer, None
        return producer

    def process(self, records: list[Any]) -> None:
        """Let the fold take records that follow on the position."""
        assert self.fold is not None
        self.fold.process(records)
        self.position = records[-1][0] + 1
        self.records += len(records)
        self.answered_ms = None

    def snapshot(self) -> tuple[Changes, Mark, int]:
        """What the next checkpoint writes, its mark, and how many records of the input it covers."""
        assert self.fold is not None
        changes = self.fold.take_changes()
        if changes.states or changes.results or self.position != self.committed:
            self._sweep_some(changes)
        clock = self.fold.clock
        mark = Mark(
            topic=self.tp.topic,
            position=self.position,
            partitions=self.partitions,
            low_offset=self._low,
            high_ms=clock.high_ms,
            high_append_ms=clock.high_append_ms,
            watermark_ms=clock.watermark_ms,
            state_format=self.state_format,
        )
        records, self.records = self.records, 0
        return changes, mark, records

    def committed_to(self, mark: Mark, changelog_end: int, broker_ms: int) -> None:
        """A checkpoint is committed, to which the broker gave this time."""
        self.committed = mark.position
        self._changelog_end = changelog_end
        self._broker_ahead_ms = broker_ms - _monotonic_ms()
        self.checkpointed_at = time.monotonic()

    def _sweep_some(self, changes: Changes) -> None:
        """Write a slice of the keys that have not changed, too.

        When a sweep has gone over all keys, each was written after the sweep began: reading may begin there. So a
        restore stays short even where the broker's cleaner has fallen behind or died.
        """
        assert self.fold is not None
        if self._sweep is None:
            keys = list(self.fold.keys())
            self._sweep, self._sweep_started = iter(keys), self._changelog_end
            self._sweep_size = len(keys) // SWEEP_CHECKPOINTS + 1
        changed = {key for key, _ in changes.states}
        swept = list(islice(self._sweep, self._sweep_size))
        for key in swept:
            if key not in changed and (state := self.fold.state_of(key)) is not None:
                changes.states.append((key, state))
        if len(swept) < self._sweep_size:
            # This last slice is part of the very checkpoint whose mark tells the new low offset.
            self._sweep, self._low = None, self._sweep_started


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
