"""Made-up users reach every rule of visits, sessions and time."""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from pipeline.simulator import HOSTILE, START_MS, Delivery, Simulation
from tests.simulator.contract import ms, time_ms

MINUTE_MS = 60_000
LIMIT_MS = 120 * MINUTE_MS


class Seen(NamedTuple):
    """An event, its time, and how far behind the watermark it came."""

    time_ms: int
    seq: int
    behind_ms: int
    event: dict[str, Any]

    @property
    def name(self) -> str:
        """What happened."""
        return str(self.event["name"])

    @property
    def request_id(self) -> str | None:
        """Under which requestId, if it says."""
        return self.event.get("request_id")


class Trace:
    """All events of a simulation: as they came, and by record key in order of time, copies apart."""

    def __init__(self, delivery: Delivery) -> None:
        self.arrivals: list[Seen] = []
        self.keys: dict[str, list[Seen]] = {}
        self.copies: list[tuple[dict[str, Any], dict[str, Any]]] = []
        high_ms = 0
        first: dict[str, dict[str, Any]] = {}
        for _, key, value in Simulation(22, 600, START_MS, users=9_000, delivery=delivery).events():
            event = json.loads(value)
            at_ms = time_ms(event)
            seen = Seen(at_ms, event.get("seq", -1), high_ms - MINUTE_MS - at_ms, event)
            high_ms = max(high_ms, at_ms)
            self.arrivals.append(seen)
            if event["id"] in first:
                self.copies.append((first[event["id"]], event))
            else:
                first[event["id"]] = event
                self.keys.setdefault(key.decode(), []).append(seen)
        for events in self.keys.values():
            events.sort(key=lambda seen: seen[:2])

    def visits(self) -> Iterator[list[Seen]]:
        """Each tab's browser events."""
        for key, events in self.keys.items():
            browser = [seen for seen in events if seen.event["source"] == "browser"]
            if browser and browser[0].event.get("connect_session_id") == key:
                yield browser

    def gaps(self) -> Iterator[tuple[Seen, Seen]]:
        """Neighbours in each visit."""
        for visit in self.visits():
            yield from pairwise(visit)


@pytest.fixture(scope="module", params=["usual", "hostile"])
def trace(request: pytest.FixtureRequest) -> Trace:
    """9,000 users, delivered as usual or badly."""
    return Trace(HOSTILE if request.param == "hostile" else Delivery())


def several(things: Iterable[object]) -> bool:
    """Whether there are at least two."""
    return sum(1 for thing in things if thing) >= 2


class TestPauses:
    def test_within_a_window(self, trace: Trace) -> None:
        """Users pause for 8 to 18 minutes and go on."""
        assert several(8 * MINUTE_MS < b.time_ms - a.time_ms < 18 * MINUTE_MS for a, b in trace.gaps())

    def test_before_the_first_request_id(self, trace: Trace) -> None:
        """Some pause so before Flinks gave a requestId, which then claims an emitted session."""
        assert several(
            8 * MINUTE_MS < b.time_ms - a.time_ms < 18 * MINUTE_MS
            and not any(seen.request_id for seen in visit[: place + 1])
            and any(seen.request_id for seen in visit[place + 1 :])
            for visit in trace.visits()
            for place, (a, b) in enumerate(pairwise(visit))
        )

    def test_beyond_a_window(self, trace: Trace) -> None:
        """Users come back after more than 18 minutes and after more than 40."""
        gaps = [b.time_ms - a.time_ms for a, b in trace.gaps()]
        assert several(18 * MINUTE_MS < gap < 40 * MINUTE_MS for gap in gaps)
        assert several(gap > 40 * MINUTE_MS for gap in gaps)

    def test_within_a_pending_window(self, trace: Trace) -> None:
        """Users come back after more than 18 minutes while the bank's answer is pending."""
        assert several(
            18 * MINUTE_MS < b.time_ms - a.time_ms < 40 * MINUTE_MS
            and a.name in {"OPERATION_PENDING", "OPERATION_DISPATCHED"}
            for a, b in trace.gaps()
        )

    def test_expired(self, trace: Trace) -> None:
        """SESSION_EXPIRED comes after nine idle minutes, when the session was taken for abandoned."""
        assert several(
            b.name == "SESSION_EXPIRED" and 9 * MINUTE_MS <= b.time_ms - a.time_ms < 10 * MINUTE_MS
            for a, b in trace.gaps()
        )

    def test_limit(self, trace: Trace) -> None:
        """Visits go on for two hours without a gap; some end so late that the limit closes them."""
        reached, near = 0, 0
        for visit in trace.visits():
            start_ms = visit[0].time_ms
            if all(b.time_ms - a.time_ms < 18 * MINUTE_MS for a, b in pairwise(visit)):
                reached += visit[-1].time_ms - start_ms >= LIMIT_MS
                near += any(8 * MINUTE_MS > start_ms + LIMIT_MS - seen.time_ms > 0 for seen in visit)
        assert reached >= 2
        assert near >= 2

    def test_close_then_more(self, trace: Trace) -> None:
        """Users click on the cross and go on; others end with it."""
        assert several(a.name == "COMPONENT_CLOSE_SESSION" for a, _ in trace.gaps())
        assert several(visit[-1].name == "COMPONENT_CLOSE_SESSION" for visit in trace.visits())


class TestIdentity:
    def test_several_request_ids(self, trace: Trace) -> None:
        """Visits see several requestIds with steps without one between them."""
        assert several(
            a.request_id and not b.request_id and any(c.request_id not in {None, a.request_id} for c in visit[n:])
            for visit in trace.visits()
            for n, (a, b) in enumerate(pairwise(visit))
        )

    def test_request_id_seen_before(self, trace: Trace) -> None:
        """Some visits go back to an earlier requestId."""
        assert several(
            len({*(ids := [s.request_id for s in visit if s.request_id])}) < sum(a != b for a, b in pairwise(ids)) + 1
            for visit in trace.visits()
        )

    def test_no_request_id(self, trace: Trace) -> None:
        """Some visits never see a requestId; of those, some are connected (older REDIRECT)."""
        anonymous = [visit for visit in trace.visits() if not any(seen.request_id for seen in visit)]
        assert several(visit[-1].name == "REDIRECT" for visit in anonymous)
        assert several(visit[-1].name != "REDIRECT" for visit in anonymous)

    def test_request_id_in_two_visits(self, trace: Trace) -> None:
        """Some requestIds are resumed in another tab."""
        owners: dict[str, set[str]] = {}
        for key, events in trace.keys.items():
            for seen in events:
                if seen.request_id and seen.event["source"] == "browser":
                    owners.setdefault(seen.request_id, set()).add(key)
        assert several(len(keys) > 1 for keys in owners.values())

    def test_servers(self, trace: Trace) -> None:
        """Backends and webhooks tell of visits, in the browser's requestId and in their own."""
        beside, within = 0, 0
        for events in trace.keys.values():
            ids = {seen.request_id for seen in events if seen.event["source"] == "browser"}
            told = {seen.request_id for seen in events if seen.event["source"] != "browser"}
            beside += bool(ids and told - ids)
            within += bool(ids & told)
        assert beside >= 2
        assert within >= 2

    def test_foreign_client(self, trace: Trace) -> None:
        """Some browsers have no connect_session_id."""
        assert several(
            events[0].event["source"] == "browser" and "connect_session_id" not in events[0].event
            for events in trace.keys.values()
        )

    def test_pairs(self, trace: Trace) -> None:
        """A step and a code of one name come within 5 s, and also further apart."""
        gaps = [
            b.time_ms - a.time_ms
            for visit in trace.visits()
            for a in visit
            for b in visit
            if a.name == b.name and {a.event["kind"], b.event["kind"]} == {"step", "code"} and b.time_ms >= a.time_ms
        ]
        assert several(gap <= 5_000 for gap in gaps)
        assert several(gap > 5_000 for gap in gaps)

    def test_pending_to_the_end(self, trace: Trace) -> None:
        """Some data sessions are never answered."""
        data = [events for events in trace.keys.values() if events[0].event["source"] == "server"]
        assert several(events[-1].event["http_status"] in {202, 203} for events in data)
        assert several(events[-1].name == "OK" for events in data)


class TestDelivery:
    def test_cap(self, trace: Trace) -> None:
        """Some visits hold more than 500 events, with the REDIRECT after them."""
        assert any(len(visit) > 500 and visit[-1].name == "REDIRECT" for visit in trace.visits())

    def test_disorder(self, trace: Trace) -> None:
        """Events come up to a minute behind others."""
        assert several(-MINUTE_MS + 1_000 < seen.behind_ms < -20_000 for seen in trace.arrivals)

    def test_shuffled(self, trace: Trace) -> None:
        """Events of one batch come in any order."""
        assert several(
            a.seq > b.seq >= 0
            for a, b in pairwise(trace.arrivals)
            if (a.event.get("connect_session_id"), a.event["received_at"])
            == (b.event.get("connect_session_id"), b.event["received_at"])
        )

    def test_behind_the_watermark(self, trace: Trace) -> None:
        """Some browser events come behind the watermark and not yet too late."""
        assert several(
            0 < seen.behind_ms < 18 * MINUTE_MS for seen in trace.arrivals if seen.event["source"] == "browser"
        )

    def test_too_late(self, trace: Trace) -> None:
        """Some browser batches come when their window is gone, and webhooks are repeated for hours."""
        late = [seen for seen in trace.arrivals if seen.behind_ms > 40 * MINUTE_MS]
        assert several(seen.event["source"] == "browser" for seen in late)
        assert several(seen.event["source"] == "webhook" for seen in late)

    def test_copies(self, trace: Trace) -> None:
        """Ids come again, some as they were and some received later."""
        assert several(a == b for a, b in trace.copies)
        assert several(a["received_at"] < b["received_at"] for a, b in trace.copies)

    def test_clocks(self, trace: Trace) -> None:
        """Some clocks are in the future and some tell nothing."""
        assert several(ms(s.event["at"]) > ms(s.event["received_at"]) for s in trace.arrivals if "at" in s.event)
        assert several("at" not in seen.event for seen in trace.arrivals)

    def test_ties(self, trace: Trace) -> None:
        """Different failures happen in one millisecond, told apart by seq alone."""
        assert several(
            a.time_ms == b.time_ms and a.seq < b.seq and a.event["kind"] == b.event["kind"] == "code"
            for a, b in trace.gaps()
        )

    def test_two_listeners(self, trace: Trace) -> None:
        """Some pages tell everything twice, under ids of their own."""
        assert several(
            len(visit) > 3 and all(a.name == b.name for a, b in zip(visit[::2], visit[1::2], strict=False))
            for visit in trace.visits()
        )
