"""The changelog stays short: a rolling slice of all keys with each checkpoint, and a low offset."""

from typing import Any

from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import StreamClock, task
from pipeline.engine.changelog import Changelog, _apply
from pipeline.engine.fold import Record
from pipeline.engine.mark import MARK_KEY, decode_mark
from pipeline.engine.task import PartitionTask
from tests.engine.counting import FULL, Counting

KEYS = 5
NO_PRODUCER: Any = None

# A step of a history: a key that gets so many ids, a checkpoint, one that fails, or a rebalance that brings it back.
# Mostly the first two, for a sweep takes several checkpoints and the others end it.
kinds = st.sampled_from(["records"] * 5 + ["checkpoint"] * 5 + ["abort", "restore"])
steps = st.tuples(kinds, st.integers(0, KEYS - 1), st.sampled_from([1, 2, FULL]))


class Log:
    """A changelog partition and the task that writes it, without a broker."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.input = 0
        self.task = PartitionTask(TP("events", 0))
        self._end = 0
        self.restore()

    def restore(self) -> None:
        """As a new owner does."""
        changelog = self.read(self.low)
        fold = Counting(0, StreamClock(60_000), "results")
        for key, state in changelog.states.items():
            fold.load(key, state)
        position = changelog.mark.position if changelog.mark else 0
        self.task.begin(fold, NO_PRODUCER, position, 1, 1, self.low, self._end)

    def take(self, key: int, count: int) -> None:
        value = b"%d" % self.input
        self.task.process([(self.input + number, 0, b"key-%d" % key, value) for number in range(count)])
        self.input += count

    def checkpoint(self) -> None:
        changes, mark, _ = self.task.snapshot()
        for key, value in [*changes.states, (MARK_KEY, mark.encode())]:
            self.records.append((self._end, 0, key, value))
            self._end += 1
        self.task.committed_to(mark, self._end, 0)
        self._end += 1  # the transaction's marker

    def abort(self) -> None:
        """The transaction fails: its records are never seen, but took offsets, and the memory is gone."""
        changes, _, _ = self.task.snapshot()
        self._end += len(changes.states) + 2
        self.restore()

    @property
    def low(self) -> int:
        marks = [value for _, _, key, value in self.records if key == MARK_KEY]
        return decode_mark(marks[-1] or b"").low_offset if marks else 0

    def read(self, start: int) -> Changelog:
        changelog = Changelog()
        _apply(changelog, [record for record in self.records if record[0] >= start])
        return changelog


class TestSweep:
    """Design: rewriting a rolling slice with each checkpoint and keeping the low offset."""

    @settings(max_examples=100)
    @given(st.lists(steps, min_size=30, max_size=60))
    def test_from_the_low_offset_on_there_is_everything(self, history: list[tuple[str, int, int]]) -> None:
        """Low offset: at any time reading from it gives the same states as reading the whole changelog."""
        log = Log()
        for step, key, count in history:
            match step:
                case "records":
                    log.take(key, count)
                case "checkpoint":
                    log.checkpoint()
                case "abort":
                    log.abort()
                case _:
                    log.restore()
            assert log.read(log.low).states == log.read(0).states

    def test_the_low_offset_moves(self) -> None:
        """Low offset: with a few thousand checkpoints behind it a restore reads a few hundred records."""
        log = Log()
        for key in range(KEYS):
            log.take(key, 1)
        busy = b"busy"
        for number in range(1_000):
            log.task.process([(log.input, 0, busy, b"%d" % number)])
            log.input += 1
            log.checkpoint()
        assert len(log.records) > 2_000
        assert len([record for record in log.records if record[0] >= log.low]) < 100
        assert len(log.read(log.low).states) >= KEYS

    def test_a_sweep_is_spread_over_checkpoints(self) -> None:
        """Low offset: no checkpoint writes all keys; a slice is a three-hundredth of them."""
        log = Log()
        keys = 10 * task.SWEEP_CHECKPOINTS
        log.task.process([(number, 0, b"key-%d" % number, b"1") for number in range(keys)])
        log.checkpoint()
        for number in range(20):
            log.task.process([(keys + number, 0, b"busy-%d" % number, b"1")])
            changes, mark, _ = log.task.snapshot()
            assert 1 < len(changes.states) <= keys // task.SWEEP_CHECKPOINTS + 2
            log.task.committed_to(mark, 0, 0)

    def test_an_idle_partition_writes_nothing(self) -> None:
        """Low offset: without a change there is no slice, so that an idle partition has no checkpoint to write."""
        log = Log()
        for key in range(KEYS):
            log.take(key, 1)
        log.checkpoint()
        changes, _, _ = log.task.snapshot()
        assert changes.states == []


class TestSnapshot:
    """Design: snapshot synchronously, then send."""

    def test_is_not_changed_by_later_records(self) -> None:
        """Snapshot: what comes while a checkpoint is being sent belongs to the next one."""
        log = Log()
        log.take(1, 2)
        changes, mark, records = log.task.snapshot()
        log.take(1, 3)
        assert (changes.states, mark.position, records) == ([(b"key-1", b"0,0")], 2, 2)
        later, mark, records = log.task.snapshot()
        assert (later.states, mark.position, records) == ([(b"key-1", b"0,0,2,2,2")], 5, 3)

    def test_lag_counts_what_is_not_committed(self) -> None:
        """Lag: records up to the end that are in no committed checkpoint, and never less than none."""
        log = Log()
        log.task.end = 5
        log.take(1, 2)
        assert log.task.lag == 5
        log.checkpoint()
        assert log.task.lag == 3
        log.task.end = 1
        assert log.task.lag == 0
