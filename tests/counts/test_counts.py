"""What the checkpoints of a partition say of each minute."""

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from pipeline.counts import Count, read
from pipeline.engine import Changes
from pipeline.flinks.times import format_ms
from pipeline.sessions import SessionFold, Settings
from tests.sessions.events import MINUTE_MS, START_MS, answer, event, records

PLACE = {"app": "web", "institution": "RBC"}
SECOND_MS = 1_000
MINUTE = START_MS - START_MS % MINUTE_MS
"""The minute of the first events."""


def counts_of(changes: Changes) -> list[Count]:
    return [read(value) for _, value in changes.results.get("flinks.counts", ())]


def counted(values: Iterable[bytes], settings: Settings | None = None) -> list[Count]:
    fold = SessionFold(3, settings=settings)
    fold.process(records(values))
    return counts_of(fold.take_changes())


def only(values: Iterable[bytes]) -> Count:
    (count,) = counted(values)
    return count


class TestCounts:
    def test_a_login(self) -> None:
        """The visit that began, the attempt, the code that it met, the completion."""
        values = [
            event(0, "APP_MOUNTED", **PLACE),
            event(1_000, "SUBMIT_CREDENTIAL", **PLACE),
            event(2_000, "QUESTION_NOT_FOUND", kind="code", request_id="x", **PLACE),
            event(9_000, "REDIRECT", request_id="x", **PLACE),
        ]
        assert only(values) == Count(
            v=1,
            partition=3,
            watermark=format_ms(START_MS + 9_000 - MINUTE_MS),
            minute=format_ms(MINUTE),
            institution="RBC",
            app="web",
            attempts=1,
            completions=1,
            waits={0: 1},
            codes={"QUESTION_NOT_FOUND": 1},
            visits=1,
            reports=1,
            samples={"QUESTION_NOT_FOUND": ["x"]},
        )

    def test_as_they_happen(self) -> None:
        """Each checkpoint tells what came since the last, though no session has closed."""
        fold = SessionFold(0)
        fold.process(records([event(0, "SUBMIT_CREDENTIAL", **PLACE)]))
        assert [(count.attempts, count.visits) for count in counts_of(fold.take_changes())] == [(1, 1)]
        fold.process(records([event(1, "SUBMIT_CREDENTIAL", **PLACE)], offset=1))
        assert [(count.attempts, count.visits) for count in counts_of(fold.take_changes())] == [(1, 0)]
        assert counts_of(fold.take_changes()) == []

    def test_every_visit_once_a_code_and_minute(self) -> None:
        """A user who tries forty times is one."""
        seconds = [0, 1, 2, 70, 71]
        values = [
            event(second * SECOND_MS + place, "RETRY_LATER", key=key, kind="code", request_id=key, **PLACE)
            for second in seconds
            for place, key in enumerate("ab")
        ]
        minutes = defaultdict(set)
        for second in seconds:
            minutes[(START_MS + second * SECOND_MS) // MINUTE_MS * MINUTE_MS].add(second)
        found = {count.minute: count for count in counted(values)}
        assert found.keys() == {format_ms(minute) for minute in minutes}
        for minute, its_seconds in minutes.items():
            count = found[format_ms(minute)]
            assert (count.codes, count.reports) == ({"RETRY_LATER": 2}, 2 * len(its_seconds))
            assert sorted(count.samples["RETRY_LATER"]) == ["a", "b"]

    def test_a_completion_once_a_request(self) -> None:
        """A second REDIRECT of a requestId is none, and one of another is."""
        values = [event(place, "REDIRECT", request_id=request, **PLACE) for place, request in enumerate("xxyx")]
        assert only(values).completions == 2

    def test_how_long_ago_the_attempt_was(self) -> None:
        """In minutes by the clock, from the last one; a completion without an attempt has none."""
        times = [0, 70_000, 200_000]
        values = [event(time_ms, "SUBMIT_CREDENTIAL", **PLACE) for time_ms in times[:2]]
        values += [event(times[2], "REDIRECT", **PLACE), event(times[2], "REDIRECT", key="other", **PLACE)]
        (count,) = [count for count in counted(values) if count.completions]
        minutes = [(START_MS + time_ms) // MINUTE_MS for time_ms in times]
        assert (count.completions, count.waits) == (2, {minutes[2] - minutes[1]: 1})

    def test_copies_count_once(self) -> None:
        """However often an event comes."""
        assert only([event(0, "SUBMIT_CREDENTIAL", **PLACE)] * 3).attempts == 1

    def test_codes_without_a_request(self) -> None:
        """They are told apart: a rising share means that ids get lost."""
        values = [event(place, "RETRY_LATER", kind="code", key=str(place), **PLACE) for place in range(3)]
        count = only([*values, event(3, "RETRY_LATER", kind="code", request_id="x", **PLACE)])
        assert (count.reports, count.anonymous) == (4, 3)
        assert count.samples == {"RETRY_LATER": ["x"]}

    def test_data_requests_that_time_out(self) -> None:
        """They count when they are given up."""
        fold = SessionFold(0)
        fold.process(records([answer(0, "OPERATION_PENDING", http_status=202, **PLACE)]))
        fold.take_changes()
        fold.advance(START_MS + 31 * MINUTE_MS)
        (count,) = counts_of(fold.take_changes())
        assert (count.timed_out, count.minute) == (1, format_ms(MINUTE + 31 * MINUTE_MS))

    def test_labels_are_bounded(self) -> None:
        """Unknown codes are one, unlisted institutions too, and spellings of one bank add up."""
        values = [
            event(0, "NEW_CODE", kind="code", key="a", institution="My Own Bank"),
            event(1, "OTHER_CODE", kind="code", key="b", institution="Their Bank"),
            event(2, "SUBMIT_CREDENTIAL", key="c", institution="RBC"),
            event(3, "SUBMIT_CREDENTIAL", key="d", institution="rbc"),
        ]
        found = {count.institution: count for count in counted(values)}
        assert found.keys() == {"other", "RBC"}
        assert found["other"].codes == {"unknown": 2}
        assert found["RBC"].attempts == 2

    def test_samples_are_few(self) -> None:
        """Five are enough for Flinks' support."""
        values = [
            event(place, "RETRY_LATER", key=f"{place}", kind="code", request_id=f"x{place}", institution=name)
            for place, name in enumerate(["RBC", "rbc"] * 8)
        ]
        (request_ids,) = only(values).samples.values()
        assert len(set(request_ids)) == 5

    def test_the_sandbox_is_left_out(self) -> None:
        """Unless it is asked for."""
        values = [event(0, "SUBMIT_CREDENTIAL", institution="FlinksCapital")]
        assert [count.minute for count in counted(values)] == [None]
        (count,) = counted(values, Settings(include_sandbox=True))
        assert count.attempts == 1

    @pytest.mark.parametrize("seed", range(5))
    def test_order_chunks_and_checkpoints_change_nothing(self, seed: int) -> None:
        """What all checkpoints say together is the same."""
        rng = random.Random(seed)
        names = ["SUBMIT_CREDENTIAL", "RETRY_LATER", "QUESTION_NOT_FOUND", "REDIRECT", "FEEDBACK", "POPUP_OPENED"]
        values = []
        for number in range(300):
            visit, name = rng.randrange(40), rng.choice(names)
            kind = "code" if "_" in name and name in {"RETRY_LATER", "QUESTION_NOT_FOUND"} else "step"
            values.append(
                event(rng.randrange(50_000), name, str(visit), kind=kind, id=str(number), request_id="x", **PLACE)
            )
        expected = totals(counted(values))
        rng.shuffle(values)
        fold = SessionFold(3)
        found = []
        while values:
            taken = [values.pop() for _ in range(min(len(values), rng.randrange(1, 40)))]
            fold.process(records(taken))
            found += counts_of(fold.take_changes())
        assert totals(found) == expected


def totals(counts: Iterable[Count]) -> dict[Any, Any]:
    """By minute; what goes by the first event to arrive, as a whole."""
    found: dict[Any, int] = defaultdict(int)
    for count in counts:
        for name, number in {"attempts": count.attempts, **count.codes, "reports": count.reports}.items():
            found[count.minute, count.institution, count.app, name] += number
        found["visits"] += count.visits
        found["completions"] += count.completions
    return {place: number for place, number in found.items() if number}


class TestProgress:
    def test_every_record_tells_how_far_its_partition_is(self) -> None:
        """In the headers, so that a minute can be taken for complete."""
        fold = SessionFold(3)
        fold.process(records([event(0), event(70_000, "SUBMIT_CREDENTIAL", **PLACE)]))
        changes = fold.take_changes()
        watermark = format_ms(START_MS + 10_000)
        assert changes.headers == {"flinks.counts": [("partition", b"3"), ("watermark", watermark.encode())]}
        assert {count.watermark for count in counts_of(changes)} == {watermark}

    def test_a_minute_with_nothing_to_count(self) -> None:
        """The watermark is told once it has come to another minute, and not with every checkpoint."""
        fold = SessionFold(0)
        assert counts_of(fold.take_changes()) == []
        fold.process(records([event(0)]))
        fold.take_changes()
        for seconds, told in ((5, 1), (60, 0), (64.9, 0), (65, 1)):
            fold.advance(MINUTE + 2 * MINUTE_MS + int(seconds * 1000))
            assert [count.minute for count in counts_of(fold.take_changes())] == [None] * told, seconds

    def test_at_the_end_of_time(self) -> None:
        """Offline all windows are closed by a watermark beyond every date."""
        fold = SessionFold(0)
        fold.process(records([answer(0, "OPERATION_PENDING", http_status=202, **PLACE)]))
        fold.advance(2**62)
        assert sum(count.timed_out for count in counts_of(fold.take_changes())) == 1
