"""Secrets planted everywhere in raw messages, looked for in all that comes of them."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from pipeline.engine.fold import Changes
from pipeline.flinks.answer import read_answer, read_webhook
from pipeline.flinks.event import Event, read, write
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Ignored, Refused, Stamp
from pipeline.flinks.rejection import rejection
from pipeline.metrics import Metrics
from pipeline.metrics.committed import count
from pipeline.sessions import SessionFold
from pipeline.sessions.fold import Settings
from tests.flinks.secrets import NUMBERS, SECRETS, Planter, leaks
from tests.flinks.stamps import KEYS, RECEIVED, SERVER

NOON_MS = 1_795_435_200_000
MINUTE_MS = 60_000
Verdict = Event | Ignored | Refused

FIELDS = (
    *("step", "flinksCode", "requestId", "institution", "institutionId", "institutionName", "loginId", "url"),
    *("mfaTypes", "retryCount", "totalAccounts", "displayedAccounts", "cached", "accountId", "data", "nativeEvent"),
    *("HttpStatusCode", "FlinksCode", "RequestId", "Login", "SecurityChallenges", "ResponseType", "Type", "Id", "Name"),
)
LEAVES = st.one_of(
    st.sampled_from([text for what, text in SECRETS.items() if "login" not in what]),
    st.sampled_from(NUMBERS),
    st.none() | st.booleans() | st.integers(-3, 3),
    st.sampled_from(["REDIRECT", "COMPONENT_LOAD_MFA", "QUESTION_NOT_FOUND", "SMS", "RBC"]),
)
NAMES = st.sampled_from(FIELDS) | st.sampled_from(list(SECRETS.values()))
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6) | inner.map(json.dumps),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, ANYTHING, min_size=1, max_size=10)


def stamp(number: int) -> Stamp:
    return Stamp(id=f"event-{number}", received_at=RECEIVED, connect_session_id=f"visit-{number // 8}", app="lending")


def verdicts(seed: int, number: int) -> Iterator[tuple[Any, Verdict]]:
    """What was planted, and what became of it."""
    planter = Planter(seed)
    for place, message in enumerate(planter.messages(number)):
        yield message, read_message(message, stamp(place), KEYS)
    for body in planter.bodies(number):
        yield body, read_answer(body, SERVER, KEYS, endpoint="Authorize")
        yield body, read_webhook(body, SERVER, KEYS)


def shown(verdict: Verdict) -> list[bytes | str]:
    written = [write(verdict)] if isinstance(verdict, Event) else []
    return [repr(verdict), str(verdict), *written]


def redacted(raw: Any) -> bytes:
    """What flinks.rejected would say if somebody put the raw message onto a topic."""
    value = orjson.dumps(raw)
    return rejection(
        "wrong_type", "no event", topic="flinks.events", partition=0, offset=7, append_ms=NOON_MS, value=value
    )


def everything(changes: Changes) -> list[bytes | str]:
    """All that a checkpoint writes, and all that it counts."""
    metrics = Metrics()
    count(metrics, changes.tally, now_ms=NOON_MS)
    results = [part for records in changes.results.values() for record in records for part in record if part]
    states = [part for state in changes.states for part in state if part]
    return [*results, *states, repr(changes.tally), generate_latest(metrics.registry)]


class TestLeaks:
    def test_finds_what_is_there(self) -> None:
        """The search sees secrets in any case, in JSON and in addresses."""
        assert leaks([b"fine", "fine"]) == []
        assert leaks([json.dumps(SECRETS["name"])])
        assert leaks([SECRETS["email"].upper()])
        assert leaks([b"?x=What%20was%20your%20first%20pet%27s%20name%3F"])

    def test_messages_are_full_of_secrets(self) -> None:
        """What is planted is there, and yet most messages can be used."""
        found = list(verdicts(1, 200))
        assert all(leaks([orjson.dumps(raw)]) for raw, _ in found)
        assert sum(isinstance(verdict, Event) for _, verdict in found) > len(found) / 2
        assert any(isinstance(verdict, Refused) for _, verdict in found)


class TestPlantedSecrets:
    @pytest.mark.parametrize("seed", range(5))
    def test_events_refusals_logs(
        self, seed: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Neither event nor refusal, nor anything logged or printed, shows one."""
        caplog.set_level(logging.DEBUG)
        for raw, verdict in verdicts(seed, 300):
            assert leaks(shown(verdict)) == [], verdict
            assert leaks([redacted(raw)]) == []
        captured = capfd.readouterr()
        assert leaks([caplog.text, captured.out, captured.err]) == []

    @pytest.mark.parametrize("seed", range(10, 13))
    def test_results_changelog_metrics(self, seed: int) -> None:
        """Neither results and rejections, nor the changelog, nor metrics, from events and from raw messages alike."""
        fold = SessionFold(0, settings=Settings(include_sandbox=True))
        offset = events = 0
        for raw, verdict in verdicts(seed, 200):
            values = [orjson.dumps(raw)]
            if isinstance(verdict, Event):
                values.append(write(verdict))
                assert read(values[-1])[0] == verdict
                events += 1
            for value in values:
                fold.process([(offset, NOON_MS, None, value)])
                offset += 1
        changes = fold.take_changes()
        assert len(changes.results["flinks.rejected"]) == offset - events
        assert changes.states
        assert leaks(everything(changes)) == []
        fold.advance(NOON_MS + 200 * MINUTE_MS)
        changes = fold.take_changes()
        assert changes.results["flinks.sessions"]
        assert changes.results["flinks.visits"]
        assert leaks(everything(changes)) == []


class TestAnyJson:
    @settings(max_examples=300, deadline=None)
    @given(data=ANYTHING | OBJECTS)
    def test_messages(self, data: Any) -> None:
        """Whatever is posted, there is a verdict, and no secret in it."""
        verdict = read_message(data, stamp(0), KEYS)
        assert leaks(shown(verdict)) == []
        if isinstance(verdict, Event):
            assert read(write(verdict))[0] == verdict

    @settings(max_examples=300, deadline=None)
    @given(body=ANYTHING | OBJECTS)
    def test_answers(self, body: Any) -> None:
        """So it is with answers and webhooks."""
        for verdict in (
            read_answer(body, SERVER, KEYS, request_id="3eb951d4-5738-4004-81b2-fb28c5e4c1a0"),
            read_webhook(body, SERVER, KEYS),
        ):
            assert leaks(shown(verdict)) == []
            if isinstance(verdict, Event):
                assert read(write(verdict))[0] == verdict
