"""`simulate --to`: made-up events through the door."""

import asyncio
import re
import subprocess

import orjson
import pytest

from pipeline.flinks.answer import read_answer
from pipeline.flinks.event import Event, read
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Stamp
from pipeline.simulator import Simulation
from pipeline.simulator.sending import Collector, Sent, send
from pipeline.simulator.spoken import answered, posted
from tests.cli.running import finish
from tests.collector.doors import BEARER, WRITE_KEY, Door, opened

START_MS = 1_767_225_600_000


def test_what_is_said_is_read_as_it_was_meant() -> None:
    """By whatever the collector reads it with; but for the login, of which only the hash was ever there."""
    told = 0
    for _, _, value in Simulation(3, 600, START_MS, sessions=400).events():
        event, said = read(value)[0], orjson.loads(value)
        stamp = Stamp(
            event.id,
            str(event.received_at),
            event.at,
            event.seq,
            event.connect_session_id,
            event.app,
            event.environment,
            event.platform,
            event.release,
        )
        again: object
        if event.source == "browser":
            again = read_message(posted(said)["data"], stamp)
        else:
            fields = answered(said)
            again = read_answer(fields["data"], stamp, endpoint=fields["endpoint"])
            event.source = "server"
        event.login = None
        assert isinstance(again, Event)
        assert _plain(again) == _plain(event)
        told += 1
    assert told > 2_000


def _plain(event: Event) -> Event:
    """One type of question may be told as a text or a list."""
    if event.attributes is not None and isinstance(event.attributes.mfa_types, str):
        event.attributes.mfa_types = [event.attributes.mfa_types]
    return event


def test_through_a_collector(kafka: str) -> None:
    """The verdicts that are told are true: so many events are on the topic."""
    with opened(kafka) as door:
        done = _simulate(
            door,
            *("--write-key", WRITE_KEY, "--users-per-minute", "12000", "--for", "4"),
            FLINKS_PIPELINE_BEARER_KEY=BEARER,
        )
        records = door.records()
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    found = re.search(r"verdicts: ([\d,]+) accepted; without a verdict: 0", said)
    assert found is not None, said
    assert int(found[1].replace(",", "")) == len(records) > 100
    assert {record["source"] for record in records} == {"browser", "server"}


def test_a_collector_that_refuses(door: Door) -> None:
    """One line says why."""
    for arguments, reason in (
        (["--write-key", "wk_of_nobody"], "answers 401: key is not a write key of any app"),
        ([], "--to needs --write-key"),
    ):
        done = _simulate(door, *arguments)
        assert done.returncode == 1
        assert reason in done.stderr.decode().splitlines()[-1]


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again, and then told that there is no verdict."""
    monkeypatch.setattr("pipeline.simulator.sending._TRIES", 2)
    monkeypatch.setattr("pipeline.simulator.sending._AGAIN_S", 0.01)
    value = orjson.dumps({"id": "1", "source": "browser", "kind": "step", "name": "APP_MOUNTED"})
    sent = Sent()
    answer = orjson.dumps({"id": "2", "source": "server", "kind": "api", "name": "OK", "request_id": "r-1"})
    events = [(0, b"visit-1", value), (0, b"r-1", answer)]
    asyncio.run(send(events, Collector("http://127.0.0.1:9", WRITE_KEY), sent))
    assert sent.undelivered == 1
    assert sent.left_out == 1  # for there is no key of a backend
    assert [*sent.answers.values()] == [2]
    assert "without a verdict: 1" in str(sent)


def _simulate(door: Door, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return finish("simulate", "--to", f"http://127.0.0.1:{door.port}", *arguments, stdin=b"", **environment)
