"""Every name of the catalogue all the way: raw message, contract event, session, tally, metric."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.flinks.answer import read_answer, read_webhook
from pipeline.flinks.catalogue import CATALOGUE, Entry, Role
from pipeline.flinks.event import Event, write
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Ignored, Refused, Stamp
from pipeline.metrics import Metrics
from pipeline.metrics.committed import count
from pipeline.sessions import Offline
from pipeline.sessions.offline import END_MS
from tests.flinks.listed import listed
from tests.flinks.stamps import KEYS, RECEIVED, accepted

BANK = "RBC Royal Bank"
CODES = {Role.FAILURE, Role.IN_PROGRESS, Role.BENIGN}


def stamp(number: int, visit: str | None) -> Stamp:
    return Stamp(id=f"event-{number}", received_at=RECEIVED, connect_session_id=visit, app="lending")


def told(entry: Entry) -> Iterator[Event | Ignored | Refused]:
    """The name in every way that Flinks has to say it, each in a visit or request of its own."""
    name = entry.name
    request = "3eb951d4-5738-4004-81b2-fb28c5e4c1a{}"
    if "step" in entry.kinds:
        yield read_message({"step": name, "institution": BANK}, stamp(0, "visit-0"), KEYS)
    if "code" in entry.kinds:
        data = {"flinksCode": name, "requestId": request.format(1), "institution": BANK}
        yield read_message(data, stamp(1, "visit-1"), KEYS)
    if set(entry.kinds) & {"code", "api"}:
        code = {} if name == "OK" else {"FlinksCode": name}
        body = {"HttpStatusCode": entry.http_status, "Institution": BANK, **code}
        yield read_answer({**body, "RequestId": request.format(2)}, stamp(2, None), KEYS, endpoint="Authorize")
        yield read_webhook(
            {**body, "RequestId": request.format(3), "ResponseType": "GetAccountsDetail"}, stamp(3, None), KEYS
        )


class Told:
    """What became of it."""

    def __init__(self, entry: Entry) -> None:
        self.events = [accepted(verdict) for verdict in told(entry)]
        self.run = Offline().take(write(event) for event in self.events)
        self.run.fold.advance(END_MS)
        self.metrics = Metrics()
        count(self.metrics, self.run.gather().tally, now_ms=0)

    def metric(self, name: str, **labels: str) -> float:
        return sum(
            sample.value
            for family in self.metrics.registry.collect()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


@pytest.fixture(scope="module", params=CATALOGUE)
def entry(request: pytest.FixtureRequest) -> Entry:
    return CATALOGUE[request.param]


@pytest.fixture(scope="module")
def outcome(entry: Entry) -> Told:
    return Told(entry)


class TestEveryName:
    def test_all_that_flinks_lists_are_told(self) -> None:
        """Below, each is told in the way of its list: user events as steps, codes by the browser and the backend."""
        found = listed()
        for name in found.user_events:
            assert "step" in {event.kind for event in Told(CATALOGUE[name]).events}, name
        for status, code in found.api_events:
            events = Told(CATALOGUE[code or "OK"]).events
            assert {(event.source, event.http_status) for event in events if event.kind == "api"} == {
                ("server", status),
                ("webhook", status),
            }

    def test_becomes_an_event(self, entry: Entry, outcome: Told) -> None:
        """Under its name, with the one name of its institution."""
        assert outcome.events
        assert {(event.name, event.institution) for event in outcome.events} == {(entry.name, "RBC")}

    def test_becomes_a_session(self, outcome: Told) -> None:
        """One each, none rejected."""
        assert outcome.run.rejected == []
        assert len(outcome.run.sessions) == len(outcome.events)
        assert [session["events"] for session in outcome.run.sessions.values()] == [1] * len(outcome.events)
        connects = sum(event.source == "browser" for event in outcome.events)
        assert len(outcome.run.visits) == connects

    def test_is_what_the_catalogue_says(self, entry: Entry, outcome: Told) -> None:
        """Stage, code, failure class by where it came from, and retries."""
        for session in outcome.run.sessions.values():
            connect = session["kind"] == "connect"
            meaning = entry.in_browser if connect else entry.outside_browser
            assert session["furthest_stage"] == (entry.stage if connect else None)
            assert session["codes"] == ({entry.name: 1} if entry.role in CODES else {})
            assert session["failure_class"] == meaning.failure_class
            assert session["failure_code"] == (entry.name if meaning.failure_class else None)
            assert session["retries"] == entry.retry
            assert session["outcome"] == self.expected(entry, connect=connect)

    @staticmethod
    def expected(entry: Entry, *, connect: bool) -> str:
        failure_class = (entry.in_browser if connect else entry.outside_browser).failure_class
        if entry.completes:
            return "completed"
        if entry.decision == "deny":
            return "denied"
        if failure_class is not None:
            return "expired" if connect and failure_class == "expiry" else "failed"
        if connect:
            return "abandoned"
        return "timed_out" if entry.role is Role.IN_PROGRESS else "completed"

    def test_becomes_metrics(self, entry: Entry, outcome: Told) -> None:
        """Counted as event, session, visit, and, where it is one, as code, attempt and stage."""
        assert outcome.metric("flinks_events_rejected_total") == 0
        for event in outcome.events:
            assert outcome.metric("flinks_events_total", source=event.source, kind=event.kind) == 1
        browser = sum(event.source == "browser" for event in outcome.events)
        bank = {"app": "lending", "institution": "RBC"}
        assert outcome.metric("flinks_sessions_total", **bank) == len(outcome.events)
        assert outcome.metric("flinks_visits_total", **bank) == browser
        in_class = entry.in_browser.failure_class or "none"
        assert outcome.metric("flinks_sessions_total", **bank, kind="connect", failure_class=in_class) == browser
        met = len(outcome.events) if entry.role in CODES else 0
        assert outcome.metric("flinks_code_visits_total") == met
        assert outcome.metric("flinks_code_visits_total", **bank, code=entry.name) == met
        assert outcome.metric("flinks_attempts_total", **bank) == entry.attempt
        assert outcome.metric("flinks_stage_sessions_total") == (browser if entry.stage else 0)
        if entry.stage:
            assert outcome.metric("flinks_stage_sessions_total", institution="RBC", stage=entry.stage) == browser


class TestUnknownNames:
    @pytest.mark.parametrize(
        "data",
        [{"flinksCode": "BANK_ON_FIRE", "requestId": "3eb951d4-5738-4004-81b2-fb28c5e4c1a0"}, {"step": "NEW_SCREEN"}],
    )
    def test_are_counted_and_shown(self, data: dict[str, Any]) -> None:
        """A new code is a failure of class unknown; a new step changes nothing."""
        event = accepted(read_message(data, stamp(0, "visit-0")))
        run = Offline().take([write(event)])
        run.fold.advance(END_MS)
        tally = run.gather().tally
        (session,) = run.sessions.values()
        is_code = "flinksCode" in data
        assert session["codes"] == ({"BANK_ON_FIRE": 1} if is_code else {})
        assert session["failure_class"] == ("unknown" if is_code else None)
        assert tally.code_visits == ({("lending", "unknown", "unknown"): 1} if is_code else {})
        assert sum(tally.sessions.values()) == 1
        assert run.rejected == []
