"""`explain` on a real broker, beside a worker."""

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka.partitioner import DefaultPartitioner
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.cli.explain.from_topics import partition_of
from tests.cli.records import committed, new_prefix, produce
from tests.cli.running import eventually, started
from tests.metrics.events import event

MINUTE_MS = 60_000


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def journey(start_ms: int) -> list[bytes]:
    """A visit with two requests, the second of which expires when its result has long been told."""
    visit = {"visit": "v1"}
    times = (start_ms + each for each in range(0, 100_000, 5_000))
    return [
        event(at_ms=next(times), name="APP_MOUNTED", **visit),
        event(at_ms=next(times), name="SUBMIT_CREDENTIAL", institution="TD", **visit),
        event(at_ms=next(times), name="INVALID_PASSWORD", kind="code", request_id="r1", **visit),
        event(at_ms=next(times), name="COMPONENT_LOAD_CREDENTIAL_RETRY", **visit),
        event(at_ms=next(times), name="RETRY_LATER", kind="code", request_id="r2", **visit),
        event(at_ms=start_ms + 10 * MINUTE_MS, visit="somebody else"),
        event(at_ms=start_ms + 9 * MINUTE_MS, name="SESSION_EXPIRED", kind="code", request_id="r2", **visit),
        event(at_ms=start_ms + 20 * MINUTE_MS, visit="somebody else"),
    ]


@pytest.fixture(scope="module")
def told(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options of topics on which a worker has told of the journey, and of a visit that goes on."""
    prefix = new_prefix()
    options = ["--broker", kafka, "--topic-prefix", prefix]
    made = CliRunner().invoke(main, ["topics", *options, "--partitions", "3"])
    assert made.exit_code == 0, made.output
    now_ms = time.time_ns() // 1_000_000
    open_visit = event(at_ms=now_ms, visit="v2", name="SUBMIT_CREDENTIAL", request_id="r3")
    produce(kafka, f"{prefix}events", [*journey(now_ms - 30 * MINUTE_MS), open_visit], partition=1)
    log: Path = tmp_path_factory.mktemp("worker") / "log"
    with started(log, "worker", *options, "--admin-host", "127.0.0.1", "--admin-port", "0"):
        # Of r1 one revision, of r2 two, and one for each visit of somebody else.
        eventually(lambda: len(committed(kafka, f"{prefix}sessions")) >= 4, "results")
    return options


def sessions(options: list[str], wanted: str, *more: str) -> list[dict[str, Any]]:
    result = run(wanted, *options, "--json", *more)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = orjson.loads(result.stdout)["sessions"]
    return found


class TestTopics:
    def test_a_request(self, told: list[str]) -> None:
        """Its events from the one partition, its results with all revisions, and why."""
        (session,) = sessions(told, "r2")
        assert [(moment["name"], moment["given"]) for moment in session["timeline"]] == [
            ("COMPONENT_LOAD_CREDENTIAL_RETRY", "position"),
            ("RETRY_LATER", "id"),
            ("SESSION_EXPIRED", "id"),
        ]
        assert [(result["revision"], result["outcome"]) for result in session["results"]] == [
            (1, "failed"),
            (2, "expired"),
        ]
        assert session["why"][0].startswith("Expired, for the last failure was SESSION_EXPIRED at ")
        assert session["why"][-1] == "Revision 2 turned failed into expired: something came after the result."
        assert session["timeline"][-1]["after_result"]
        assert session["others"] == [
            {
                "request_id": "r1",
                "kind": "connect",
                "started_at": session["others"][0]["started_at"],
                "outcome": "failed",
            }
        ]
        assert session["notes"] == []

    def test_results_are_those_of_the_topic(self, told: list[str]) -> None:
        """Field by field."""
        prefix = told[-1]
        wanted = [row for row in committed(told[1], f"{prefix}sessions") if row["request_id"] == "r2"]
        assert sessions(told, "r2")[0]["results"] == wanted

    def test_a_visit_and_a_session_id(self, told: list[str]) -> None:
        """A visit means all its sessions."""
        both = sessions(told, "v1")
        assert [session["request_id"] for session in both] == ["r1", "r2"]
        assert sessions(told, both[1]["results"][0]["session_id"]) == [both[1]]

    def test_a_session_that_is_open(self, told: list[str]) -> None:
        """It has no result, and is found among the newest events."""
        (session,) = sessions(told, "r3")
        assert (session["open"], session["outcome"], session["results"]) == (True, "abandoned", [])
        assert session["why"][-1].startswith("If nothing more comes, it will be closed at ")
        assert "Request r3: connect session, open, would be abandoned" in run("r3", *told).stdout

    def test_nothing_is_found(self, told: list[str]) -> None:
        """It is told how far was looked, how long topics keep records, and how to look further."""
        result = run("r99", *told)
        assert result.exit_code == 1
        assert result.stderr == (
            f"Error: nothing of r99 in the last 7 days on {told[-1]}sessions (which keeps 30 days) nor in the last "
            f"3 hours on {told[-1]}events (which keeps 7 days); --since looks further back. It has to be a "
            "request_id, a connect_session_id or a session_id\n"
        )
        assert "in the last 90 days on" in run("r99", *told, "--since", "90d").stderr

    def test_since(self, told: list[str]) -> None:
        """What is younger is found; a length of time must be one."""
        assert sessions(told, "r2", "--since", "1h")
        result = run("r2", *told, "--since", "soon")
        assert result.exit_code == 2
        assert "'soon' is no length of time" in result.stderr


class TestNoTopics:
    def test_they_are_missing(self, kafka: str) -> None:
        """One line that tells which."""
        prefix = new_prefix()
        result = run("r1", "--broker", kafka, "--topic-prefix", prefix)
        assert result.exit_code == 1
        assert result.stderr == f"Error: topics are missing: {prefix}events, {prefix}sessions; see --topic-prefix\n"

    def test_broker_out_of_reach(self) -> None:
        """One line."""
        result = run("r1", "--broker", "localhost:1")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: no Kafka broker answers at localhost:1 (")


class TestPartitionOf:
    def test_is_that_of_kafkas_own_producers(self) -> None:
        """For any key and count."""
        choose = DefaultPartitioner()
        for count in (1, 3, 12, 50):
            for number in range(100):
                key = f"visit-é-{number}"
                assert partition_of(key, count) == choose(key.encode(), list(range(count)), list(range(count)))
