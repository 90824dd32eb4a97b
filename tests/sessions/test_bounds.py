"""However large its events are, what a key comes to fits into a record of Kafka."""

from typing import Any

import orjson

from pipeline.flinks.event import VALUE_BYTES
from pipeline.sessions import SessionFold
from pipeline.sessions.rules import LIGHT_BYTES
from tests.sessions.events import MINUTE_MS, event, records

RECORD_BYTES = 900_000
"""What the engine's producer sends in one batch."""

CONTROL = "\x01"
"""The character that takes the most bytes in JSON."""


def largest(time_ms: int, number: int, **fields: Any) -> bytes:
    """An event with every text at its limit, and different from every other."""

    def text(length: int) -> str:
        return f"{number:06}".ljust(length, CONTROL)

    texts = {name: text(128) for name in ("id", "request_id", "institution", "login", "app", "environment", "platform")}
    mfa_types = [f"{place}-{number}".ljust(64, CONTROL) for place in range(20)]
    return event(
        time_ms,
        text(64),
        CONTROL * 128,
        kind="code",
        release=text(128),
        attributes={"mfa_types": mfa_types, "endpoint": text(128)},
        **texts,
        **fields,
    )


def sizes(fold: SessionFold) -> list[int]:
    """Of every state and result since the last call."""
    changes = fold.take_changes()
    results = [value for values in changes.results.values() for _, value in values]
    return [len(value) for value in [*results, *[state for _, state in changes.states if state]]]


class TestBounds:
    def test_the_largest_events(self) -> None:
        """A window of them stays below the limit of a record, and so do its results."""
        fold = SessionFold(0)
        values = [largest(number * 1_000, number) for number in range(600)]
        assert 10_000 < len(values[0]) <= VALUE_BYTES
        fold.process(records(values))
        found = sizes(fold)
        fold.advance(2**62)
        assert max(found + sizes(fold)) < RECORD_BYTES

    def test_one_request(self) -> None:
        """So does the one session that has all of them."""
        fold = SessionFold(0)
        values = [orjson.dumps(orjson.loads(largest(number, number)) | {"request_id": "x"}) for number in range(600)]
        fold.process(records(values))
        fold.advance(2**62)
        assert max(sizes(fold)) < RECORD_BYTES

    def test_light_events_in_merged_windows(self) -> None:
        """The events whose size is not added up do not reach it either, when windows of them merge."""
        fold = SessionFold(0)
        values = []
        for part in range(7):
            for number in range(40):
                event_id = f"{part}-{number}".ljust(111, CONTROL)
                values.append(event(part * 17 * MINUTE_MS + number, "APP_ONLINE", id=event_id))
        assert 700 < len(values[0]) < LIGHT_BYTES
        fold.process(records(values))
        found = sizes(fold)
        fold.advance(2**62)
        assert max(found + sizes(fold)) < RECORD_BYTES

    def test_a_flood_of_first_redirects(self) -> None:
        """Some hundreds are kept beyond the cap, and no more."""
        fold = SessionFold(0)
        values = [event(number, "REDIRECT", request_id=f"r{number}") for number in range(6_000)]
        fold.process(records(values))
        found = sizes(fold)
        assert max(found) > 40_000
        fold.advance(2**62)
        changes = fold.take_changes()
        assert 600 < len(changes.results["flinks.sessions"]) < 900
        assert max(len(value) for _, value in changes.results["flinks.visits"]) < RECORD_BYTES

    def test_usual_events_are_kept_up_to_the_cap(self) -> None:
        """Five hundred of them are, in each of two windows that merge."""
        place = {"institution": "RBC", "app": "onboarding", "environment": "production", "platform": "web"}
        parts = [
            [
                event(start_ms + number, "APP_ONLINE", id=f"{start_ms}-{number}".ljust(36, "x"), **place)
                for number in range(502)
            ]
            for start_ms in (0, 18 * MINUTE_MS + 10_000)
        ]
        link = event(10 * MINUTE_MS, "REDIRECT")
        fold = SessionFold(0)
        fold.process(records([*parts[0], *parts[1], link]))
        fold.advance(2**62)
        changes = fold.take_changes()
        session = orjson.loads(changes.results["flinks.sessions"][-1][1])
        assert (session["events"], changes.tally.over_cap) == (1_001, 4)
