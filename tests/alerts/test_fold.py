"""The alerts agent's work, without a broker."""

import random
from collections.abc import Iterable
from hashlib import sha256

import msgspec
import pytest

from pipeline.alerts.alert import Alert, read
from pipeline.alerts.dump import State
from pipeline.alerts.evidence import Baselines
from pipeline.alerts.fold import PART_BYTES, STATE_FORMAT, AlertsFold
from pipeline.alerts.incident import Ended, Finding, Incident
from pipeline.alerts.notify.alertmanager import Told
from pipeline.alerts.notify.courier import Delivery
from pipeline.alerts.observed import Tried
from pipeline.alerts.settings import AlertSettings
from pipeline.counts import Count
from pipeline.counts import read as read_count
from pipeline.counts import write as write_count
from pipeline.counts.minutes import Minute, Minutes
from pipeline.engine.fold import Changes, Fold, Record
from pipeline.flinks.times import format_ms, parse_ms
from tests.alerts.counted import MINUTE_MS, START_MS, run
from tests.alerts.made import alert

TOPIC = "flinks.alerts"
OUTAGE = range(90, 110)
MINUTES = 130


def new_fold() -> AlertsFold:
    return AlertsFold(TOPIC, AlertSettings(watch_silence=True), ["webhook", "slack"])


def told(changes: Changes) -> list[Alert]:
    return [read(value) for _, value in changes.results.get(TOPIC, ())]


def late_completions(value: bytes | None) -> bytes:
    """A count whose completions are of attempts two minutes before."""
    count = read_count(value or b"")
    count.waits = {2: count.completions}
    return write_count(count)


def with_many_samples(value: bytes | None) -> bytes:
    """A count with as many requestIds as there may be."""
    count = read_count(value or b"")
    count.samples = {f"CODE_{place}": [f"{place:08}-0000-0000-0000-000000000000"] * 5 for place in range(10)}
    return write_count(count)


def behind() -> bytes:
    """A partition that lives and is where it was at the start."""
    return write_count(Count(1, 1, format_ms(START_MS - MINUTE_MS)))


def alerts_of(inputs: Iterable[list[Record]]) -> list[Alert]:
    fold = new_fold()
    found = []
    for records in inputs:
        fold.process(records)
        found += told(fold.take_changes())
    return found


class TestForm:
    def test_has_a_number(self) -> None:
        """Whoever changes what stands in the changelog raises STATE_FORMAT, and then this."""
        records = (State, Incident, Finding, Ended, Minutes, Minute, Count, Tried, Alert, Told)
        fields = {one.__name__: one.__struct_fields__ for one in records} | {"Delivery": Delivery._fields}
        parts = {type(part).__name__: part.arrays for part in Baselines(1)._parts}
        form = msgspec.json.encode([fields, parts])
        fold = new_fold()
        for minute in run(OUTAGE.start + 4, OUTAGE):
            fold.process(minute)
        keys = [key.decode() for key, _ in fold.take_changes().states]
        assert (STATE_FORMAT, sha256(form).hexdigest()[:8], keys) == (
            3,
            "3a2ffb34",
            ["detector", "attempts", "told", "outbox", "minutes"],
        )


class TestAlertsFold:
    def test_is_a_fold(self) -> None:
        """What the engine runs."""
        fold: Fold = new_fold()
        assert (len(fold), fold.pending, list(fold.keys())) == (0, 0, [])

    def test_an_outage(self) -> None:
        """It is found within three minutes, told to everybody, and over soon after its end."""
        alerts = alerts_of(run(MINUTES, OUTAGE))
        first, last = alerts[0], alerts[-1]
        assert (first.state, last.state) == ("firing", "resolved")
        assert {one.id for one in alerts} == {first.id}
        assert (first.institution, first.severity, first.kind) == ("RBC", "page", "outage")
        assert [one.revision for one in alerts] == sorted({one.revision for one in alerts})
        assert 0 < parse_ms(first.updated_at) - (START_MS + OUTAGE.start * MINUTE_MS) <= 3 * MINUTE_MS
        assert "RBC" in first.summary
        assert first.sample_request_ids
        assert last.ended_at is not None

    def test_the_brokers_clock_was_ahead(self) -> None:
        """By a year for a minute, and was put right: the outage half an hour later is found all the same."""
        ahead_ms = 365 * 86_400_000
        inputs = [
            [(offset, append_ms + ahead_ms * (number == 60), key, value) for offset, append_ms, key, value in records]
            for number, records in enumerate(run(MINUTES, OUTAGE))
        ]
        assert alerts_of(inputs) == alerts_of(run(MINUTES, OUTAGE))

    def test_results_wait_for_a_checkpoint(self) -> None:
        """And are handed over once, with what is to be delivered."""
        fold = new_fold()
        for records in run(OUTAGE.start + 4, OUTAGE):
            fold.process(records)
        assert fold.pending > 0
        changes = fold.take_changes()
        (first, *_) = told(changes)
        assert [(one.receiver, one.alert) for one in changes.tally.deliveries[:2]] == [
            ("webhook", first),
            ("slack", first),
        ]
        assert [one.alert.id for one in changes.tally.told] == [first.id]
        assert (fold.pending, fold.take_changes().results) == (0, {})

    def test_what_was_delivered_waits_no_more(self) -> None:
        """The outbox is part of the state, and so is what has left it."""
        fold = new_fold()
        for records in run(OUTAGE.start + 4, OUTAGE):
            fold.process(records)
        waiting = fold.take_changes().tally.deliveries
        for delivery in waiting:
            fold.settled(delivery)
        states = fold.take_changes().states
        assert [key for key, _ in states] == [b"outbox"]
        other = new_fold()
        for key, state in states:
            assert state is not None
            other.load(key, state)
        assert other.outbox.deliveries() == []

    def test_no_record_is_too_large(self) -> None:
        """Not with receivers that are away for weeks, nor while a worker is hours behind."""
        fold = new_fold()
        fold.outbox.load(msgspec.json.encode([Delivery("webhook", f"x-{number}", alert()) for number in range(1001)]))
        fold.settled(Delivery("webhook", "x-1000", alert()))
        for minute in run(240, range(0)):
            fold.process([(*record[:3], with_many_samples(record[3])) for record in minute])
            fold.process([(0, minute[0][1], None, behind())])
        states = fold.take_changes().states
        assert max(len(state or b"") for _, state in states) <= PART_BYTES
        assert sum(len(state or b"") for key, state in states if key.startswith((b"outbox", b"minutes"))) > 2**20
        other = new_fold()
        for key, state in random.Random(1).sample(states, len(states)):
            assert state is not None
            other.load(key, state)
        other.settled(other_delivery := Delivery("webhook", "x-0", alert()))
        assert (len(other.outbox), other_delivery in other.outbox.deliveries()) == (1000, True)
        other.process([])
        assert other.take_changes().states == []

    @pytest.mark.parametrize("seed", range(4))
    def test_restoring_changes_nothing(self, seed: int) -> None:
        """Wherever it is put down and taken up: no alert is lost, doubled or fired again."""
        rng = random.Random(seed)
        expected = alerts_of(run(MINUTES, OUTAGE))
        fold, found = new_fold(), []
        changelog: dict[bytes, bytes] = {}
        for records in run(MINUTES, OUTAGE):
            fold.process(records)
            changes = fold.take_changes()
            found += told(changes)
            for key, state in changes.states:
                if state is None:
                    changelog.pop(key)
                else:
                    changelog[key] = state
            if rng.random() < 0.2:
                clock, waiting = fold.clock, fold.outbox.deliveries()
                fold = new_fold()
                fold.clock = clock
                for key, state in rng.sample(sorted(changelog.items()), len(changelog)):
                    fold.load(key, state)
                assert fold.outbox.deliveries() == waiting
                assert {key: fold.state_of(key) for key in fold.keys()} == changelog  # noqa: SIM118  # it is no mapping
        assert found == expected

    def test_nobody_comes(self) -> None:
        """When nothing is counted any more, minutes go on with the clock, and after a day's traffic it is told."""
        fold = new_fold()
        for records in run(26 * 60, range(0)):
            fold.process(records)
            fold.take_changes()
        end_ms = fold.clock.watermark_ms
        fold.advance(end_ms + 20 * MINUTE_MS)
        found = told(fold.take_changes())
        (alert,) = found
        assert (alert.kind, alert.institution, alert.state) == ("silence", "*", "firing")

    def test_workers_die(self) -> None:
        """The attempts of their last minutes are not taken for such that nobody completes."""
        fold = new_fold()
        for number, minute in enumerate(run(90, range(0))):
            fold.process([(*record[:3], late_completions(record[3])) for record in minute])
            assert told(fold.take_changes()) == [], number
        fold.advance(fold.clock.watermark_ms + 20 * MINUTE_MS)
        assert told(fold.take_changes()) == []

    def test_records_that_are_no_counts(self) -> None:
        """They are passed over, and counted."""
        fold = new_fold()
        fold.process([(0, 0, None, None), (1, 0, None, b"{"), (2, 0, None, b'{"v":2}')])
        assert fold.take_changes().tally.unread == 3
