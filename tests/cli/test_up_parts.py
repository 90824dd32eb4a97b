"""The parts of `up` that need no Kafka."""

import asyncio
import io
import logging
import socket
from collections import Counter
from typing import Any

import orjson
import pytest
from rich.console import Console

from pipeline.cli.logs import Repeats
from pipeline.cli.topic_plan import TopicNames
from pipeline.cli.up.counts import RunCounts
from pipeline.cli.up.free_port import free_port
from pipeline.cli.up.guards import Guards
from pipeline.cli.up.parts import Parts
from pipeline.cli.up.plan import Plan
from pipeline.cli.up.users import HISTORY_MS, Users
from pipeline.engine import Changes
from pipeline.simulator import parse_incident
from tests.cli.running import PATIENCE_S

NAMES = TopicNames("x.")


def session(session_id: str, revision: int, outcome: str) -> tuple[None, bytes]:
    return None, orjson.dumps({"session_id": session_id, "revision": revision, "outcome": outcome})


def counted(*checkpoints: list[tuple[None, bytes]]) -> dict[str, int]:
    counts = RunCounts(NAMES)
    for results in checkpoints:
        counts.committed(0, Changes(results={"x.sessions": list(results)}), len(results), 0.0)
    return {outcome: times for outcome, times in counts.summary()["sessions"].items() if times}


class TestRunCounts:
    def test_a_session_counts_with_its_latest_outcome(self) -> None:
        """Once, however often it is revised."""
        first = [session("a", 1, "abandoned"), session("b", 1, "completed")]
        assert counted(first, [session("a", 2, "expired")]) == {"expired": 1, "completed": 1}

    def test_revisions_of_an_earlier_run_are_not_counted(self) -> None:
        """Their sessions were counted then."""
        assert counted([session("before", 2, "expired")]) == {}

    def test_rejections_are_events_too(self) -> None:
        """`events` are all records that are done with."""
        counts = RunCounts(NAMES)
        counts.committed(0, Changes(results={"x.rejected": [(None, b"{}")]}), 3, 0.0)
        summary = counts.summary()
        assert (summary["events"], summary["rejected"]) == (3, 1)


class TestUsers:
    def plan(self, **fields: Any) -> Plan:
        told = {
            "broker": None,
            "kafka_config": None,
            "topic_prefix": "x.",
            "admin_host": "",
            "admin_port": 0,
            "any_admin_port": True,
            "dashboard_port": 0,
            "any_dashboard_port": True,
            "users_per_minute": 60.0,
            "seed": 1,
            "incidents": (),
            "collector_port": 0,
            "any_collector_port": True,
            "seconds": None,
            "as_json": False,
        }
        return Plan(**(told | fields))

    def test_begin_twenty_minutes_ago_on_a_new_topic(self) -> None:
        """In order of delivery, from the history into real time, nobody twice."""
        users = Users(self.plan(), 60.0, new_topic=True)
        events = users._simulation.events()
        seen = [next(events) for _ in range(20_000)]
        times = [at_ms for at_ms, _, _ in seen]
        assert times == sorted(times)
        assert abs(times[0] - (users.begun_ms - HISTORY_MS)) < 60_000
        assert times[-1] > users.begun_ms + 60_000

    def test_an_incident_hits_those_of_the_history_who_are_still_there(self) -> None:
        """In the first seconds hardly anybody else logs in."""
        users = Users(self.plan(incidents=(parse_incident("*:RETRY_LATER:1@0s+20s"),)), 600.0, new_topic=True)
        names: Counter[str] = Counter()
        for at_ms, _, value in users._simulation.events():
            if at_ms > users.begun_ms + 20_000:
                break
            event = orjson.loads(value)
            if at_ms > users.begun_ms and event["source"] == "browser":
                names[event["name"]] += 1
        assert names["SUBMIT_CREDENTIAL"] > 100
        assert names["RETRY_LATER"] > names["SUBMIT_CREDENTIAL"] / 2

    def test_begin_now_where_there_are_records(self) -> None:
        """And are others than those of the same seed before."""
        new = Users(self.plan(), 60.0, new_topic=True)
        later = Users(self.plan(), 60.0, new_topic=False)
        ids = [{key for _, key, _ in (next(events) for _ in range(300))} for events in _streams(new, later)]
        assert not ids[0] & ids[1]
        assert next(later._simulation.events())[0] >= later.begun_ms


def _streams(*users: Users) -> Any:
    return [user._simulation.events() for user in users]


class TestGuards:
    def test_work_ends_with_a_guard(self) -> None:
        """And is cancelled before the guard's exception goes on."""
        cancelled = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.append(True)

        async def fail() -> None:
            raise RuntimeError("died")

        async def run() -> None:
            async with Guards() as guards:
                guards.add(fail())
                await guards.during(work())

        with pytest.raises(RuntimeError, match="died"):
            asyncio.run(run())
        assert cancelled == [True]

    def test_shows_meanwhile(self) -> None:
        """As often as asked."""
        shown: list[bool] = []

        async def run() -> str:
            async with Guards() as guards, asyncio.timeout(PATIENCE_S):
                return await guards.during(work(), show=lambda: shown.append(True), every_s=0.01)

        async def work() -> str:
            while len(shown) < 3:  # noqa: ASYNC110  # nobody sets an event for it
                await asyncio.sleep(0.005)
            return "done"

        assert asyncio.run(run()) == "done"


class TestParts:
    def test_each_is_a_line_when_it_is_ready(self) -> None:
        """Where there is no terminal; what takes long is told before."""
        parts = Parts(on_stderr=True)
        said = io.StringIO()
        parts.console = Console(file=said, force_terminal=False)
        with parts:
            part = parts.begin("Kafka")
            part.tell("fetching 45 MB")
            part.ready("Kafka on localhost:1")
        first, second = said.getvalue().splitlines()
        assert first == "  fetching 45 MB"
        assert second.startswith("✓ Kafka on localhost:1 (0.")


class TestFreePort:
    def test_passes_over_one_that_is_taken(self) -> None:
        """The next is as good for whoever did not ask."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            assert free_port("127.0.0.1", port) > port


class TestRepeats:
    def test_a_library_says_the_same_once(self) -> None:
        """Until a while has passed; ours are all shown."""
        repeats = Repeats()

        def passes(name: str, message: str) -> bool:
            return bool(repeats.filter(logging.LogRecord(name, logging.ERROR, "", 0, message, ("x",), None)))

        assert [passes("aiokafka", "no %s") for _ in range(3)] == [True, False, False]
        assert passes("aiokafka", "other %s")
        assert [passes("pipeline.engine", "no %s") for _ in range(3)] == [True, True, True]
