"""The mark, and what a restore makes of it."""

import logging
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.errors import StateConflictError
from pipeline.engine.mark import MARK_KEY, Mark, decode_mark
from pipeline.engine.restore import Source, position_of, require_known_states

MARK = Mark(
    topic="events",
    position=100,
    partitions=4,
    low_offset=7,
    high_ms=1_000_000,
    high_append_ms=1_005_000,
    watermark_ms=940_000,
    state_format=1,
)
SOURCE = Source(topic="events", partition=3, partitions=4, begin=20, end=150, committed=100)
numbers = st.integers(-(2**62), 2**62)


def position(source: Source, mark: Mark | None) -> int:
    return position_of(source, mark, "changelog", "group")


class TestMark:
    """Design: a reserved changelog key holds the input position, watermark, partition count and format version."""

    @given(st.builds(Mark, st.text(), numbers, numbers, numbers, st.none() | numbers, numbers, numbers, numbers))
    def test_is_read_as_it_was_written(self, mark: Mark) -> None:
        """Mark: what a checkpoint writes is what a restore reads."""
        assert decode_mark(mark.encode()) == mark

    def test_brings_the_clock_back(self) -> None:
        """Mark: event time goes on after a restore where it stood."""
        clock = MARK.clock(disorder_ms=60_000)
        assert (clock.high_ms, clock.high_append_ms, clock.watermark_ms) == (1_000_000, 1_005_000, 940_000)
        assert clock.disorder_ms == 60_000

    @pytest.mark.parametrize("found", [None, 0, 1, "2"])
    def test_of_another_format_is_refused(self, found: object) -> None:
        """Mark: a changelog of another format version ends the start with words, and is not guessed at."""
        value = orjson.dumps(orjson.loads(MARK.encode()) | {"format": found})
        with pytest.raises(StateConflictError, match="format"):
            decode_mark(value)

    def test_states_of_another_format_are_refused(self) -> None:
        """An application that cannot read the states ends the start with words."""
        require_known_states("changelog", 2, 2)
        with pytest.raises(StateConflictError, match="changelog holds states of format 1, this version reads format 2"):
            require_known_states("changelog", 1, 2)

    def test_key_is_no_text(self) -> None:
        """Mark: no application whose keys are text can write over it."""
        with pytest.raises(UnicodeDecodeError):
            MARK_KEY.decode()


class TestPosition:
    """Design: the mark is the truth, and a start is refused, with words, if it contradicts the group's offset."""

    def test_is_the_marks(self) -> None:
        """Position: mark and group agree."""
        assert position(SOURCE, MARK) == 100

    def test_begins_at_the_beginning_without_any_trace(self) -> None:
        """Position: a first start reads from the earliest record there is."""
        assert position(replace(SOURCE, committed=None), None) == 20

    def test_does_not_need_the_groups_offset(self) -> None:
        """Position: Kafka forgets the offsets of a group that was away for a week; the mark is enough."""
        assert position(replace(SOURCE, committed=None), MARK) == 100

    def test_refuses_a_group_without_state(self) -> None:
        """Position: the group has read, but the changelog is empty, so what it had read is lost."""
        with pytest.raises(StateConflictError, match=r"group group has read events-3 up to 100, but changelog"):
            position(SOURCE, None)

    @pytest.mark.parametrize("moved", [0, 99, 101])
    def test_refuses_moved_offsets(self, moved: int) -> None:
        """Position: somebody set the group's offsets elsewhere."""
        with pytest.raises(StateConflictError, match=f"stands at {moved} in events-3.*Set them back to 100"):
            position(replace(SOURCE, committed=moved), MARK)

    @pytest.mark.parametrize("partitions", [1, 5, 8])
    def test_refuses_another_partition_count(self, partitions: int) -> None:
        """Position: the topic was given more partitions, so keys are not where their state is."""
        with pytest.raises(StateConflictError, match=f"4 partitions.* {partitions}: keys are elsewhere"):
            position(replace(SOURCE, partitions=partitions), MARK)

    def test_refuses_the_changelog_of_another_topic(self) -> None:
        """Position: the changelog belongs to another input."""
        with pytest.raises(StateConflictError, match="was written for others"):
            position(SOURCE, replace(MARK, topic="others"))

    @pytest.mark.parametrize("committed", [None, 100])
    def test_refuses_a_topic_made_anew(self, committed: int | None) -> None:
        """Position: the topic ends before the checkpoint, so it is not the one that was read."""
        with pytest.raises(StateConflictError, match=r"ends at 99: the topic was made\s+anew"):
            position(replace(SOURCE, begin=0, end=99, committed=committed), MARK)

    def test_may_be_the_end(self) -> None:
        """Position: everything was read, and a topic may then be empty."""
        assert position(replace(SOURCE, begin=100, end=100), MARK) == 100

    def test_skips_what_retention_deleted_and_says_so(self, caplog: pytest.LogCaptureFixture) -> None:
        """Position: records that the broker deleted unread are gone; that is told and does not stop the rest."""
        with caplog.at_level(logging.ERROR):
            assert position(replace(SOURCE, begin=120), MARK) == 120
        assert "deleted records 100 to 120" in caplog.text
