"""`worker` as a process of its own, on a real broker."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.broker.ports import free_ports
from pipeline.cli import main
from tests.busy import alone
from tests.cli.records import committed, delete, new_prefix, produce
from tests.cli.running import PATIENCE_S, eventually, fetch, finish, metric, started
from tests.metrics.events import event

CARD = "4540-1234-5678-9010"


@dataclass
class Running:
    """A worker that has started."""

    kafka: str
    prefix: str
    process: "Popen[bytes]"
    url: str
    log: Path

    def wait_ready(self) -> None:
        eventually(lambda: fetch(f"{self.url}/readyz")[0] == 200, "ready")

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the series that have these labels."""
        return metric(f"{self.url}/metrics", name, **labels)

    def results(self, topic: str, at_least: int) -> list[Any]:
        """What is committed on a topic, once there is so much."""
        rows: list[Any] = []

        def enough() -> bool:
            rows[:] = committed(self.kafka, f"{self.prefix}{topic}")
            return len(rows) >= at_least

        eventually(enough, f"{at_least} records on {topic}")
        return rows


@pytest.fixture
def worker(kafka: str, tmp_path: Path) -> Iterator[Running]:
    """One with two partitions under a prefix of its own."""
    prefix = new_prefix()
    made = CliRunner().invoke(main, ["topics", "--broker", kafka, "--topic-prefix", prefix, "--partitions", "2"])
    assert made.exit_code == 0, made.output
    (port,) = free_ports(1)
    arguments = ["worker", "--broker", kafka, "--admin-host", "127.0.0.1", "--admin-port", str(port)]
    log = tmp_path / "worker.log"
    with started(log, *arguments, FLINKS_PIPELINE_TOPIC_PREFIX=prefix) as process:
        yield Running(kafka, prefix, process, f"http://127.0.0.1:{port}", log)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def completed(visit: str, at_ms: int) -> list[bytes]:
    return [event(at_ms=at_ms, visit=visit, request_id=visit), event(at_ms=at_ms, visit=visit, name="REDIRECT")]


class TestWorker:
    def test_what_can_not_be_used_is_rejected_and_nothing_else_is_lost(self, worker: Running) -> None:
        """Each kind of bad record, with good ones before, between and after, on one partition."""
        long_ago_ms = now_ms() - 3_600_000
        bad: dict[bytes | None, str] = {
            None: "empty",
            b"": "not_json",
            b"{" + CARD.encode(): "not_json",
            b"\xff\xfe": "not_json",
            b"[" * 50_000: "not_json",
            b'{"v": 1, "attributes": ' + b'{"a":' * 9_000 + b"1" + b"}" * 9_001: "not_json",
            b"[]": "wrong_type",
            event(at_ms=long_ago_ms, seq="first"): "wrong_type",
            event(at_ms=long_ago_ms, received_at="yesterday"): "wrong_type",
            event(at_ms=long_ago_ms, id=None): "missing_field",
            event(at_ms=long_ago_ms, v=2): "unknown_version",
            event(at_ms=long_ago_ms, login="x" * 70_000): "too_large",
            event(at_ms=long_ago_ms, name="N" * 65): "too_large",
        }
        values: list[bytes | None] = []
        for number, value in enumerate(bad):
            values += [*completed(f"visit-{number}", long_ago_ms + number), value]
        last = event(at_ms=long_ago_ms + 600_000, visit="last")
        produce(worker.kafka, f"{worker.prefix}events", [*values, *completed("after", long_ago_ms + 20), last])

        rejected = worker.results("rejected", len(bad))
        assert {row["offset"]: row["reason"] for row in rejected} == {
            values.index(value): reason for value, reason in bad.items()
        }
        assert all(row["topic"] == f"{worker.prefix}events" and row["partition"] == 0 for row in rejected)
        assert CARD not in repr(rejected)

        wanted = {"after", *(f"visit-{number}" for number in range(len(bad)))}
        sessions = worker.results("sessions", len(wanted))
        assert Counter(row["connect_session_id"] for row in sessions) == dict.fromkeys(wanted, 1)
        assert {row["outcome"] for row in sessions} == {"completed"}

        eventually(lambda: worker.metric("flinks_sessions_total") == len(wanted), "sessions are counted")
        assert worker.metric("flinks_events_total") == 2 * len(wanted) + 1
        assert worker.metric("flinks_events_rejected_total", reason="not_json") == 5
        assert worker.metric("flinks_consumer_lag_records") == 0

    def test_stops_cleanly_on_sigterm_and_goes_on_where_it_was(self, worker: Running, tmp_path: Path) -> None:
        """Within five seconds and with status 0; the next one has the open visits."""
        produce(worker.kafka, f"{worker.prefix}events", [event(at_ms=now_ms(), visit="open")])
        eventually(lambda: worker.metric("flinks_events_total") == 1, "the event is committed")
        assert worker.metric("flinks_sessions_open") == 1
        began = time.monotonic()
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began < alone(5)
        assert "stopped" in worker.log.read_text().splitlines()[-1]

        (port,) = free_ports(1)
        arguments = ["--broker", worker.kafka, "--topic-prefix", worker.prefix, "--admin-port", str(port)]
        with started(tmp_path / "next.log", "worker", *arguments, "--admin-host", "127.0.0.1") as process:
            after = Running(worker.kafka, worker.prefix, process, f"http://127.0.0.1:{port}", tmp_path / "next.log")
            after.wait_ready()
            assert after.metric("flinks_sessions_open") == 1
            assert after.metric("flinks_events_total") == 0

    def test_state_that_is_gone_is_a_conflict(self, worker: Running) -> None:
        """A new worker does not begin anew in silence: it ends with status 1 and says what to do."""
        produce(worker.kafka, f"{worker.prefix}events", [event(at_ms=now_ms())])
        eventually(lambda: worker.metric("flinks_events_total") == 1, "the event is committed")
        worker.process.send_signal(signal.SIGTERM)
        worker.process.wait(PATIENCE_S)
        delete(worker.kafka, f"{worker.prefix}sessions-changelog")
        options = ["--broker", worker.kafka, "--topic-prefix", worker.prefix]
        assert CliRunner().invoke(main, ["topics", *options]).exit_code == 0
        done = finish("worker", *options, "--admin-port", "0")
        assert done.returncode == 1
        last = done.stderr.decode().splitlines()[-1]
        assert last.startswith(f"Error: group {worker.prefix}sessions has read {worker.prefix}events-0 up to ")
        assert "holds no checkpoint" in last
        assert b"Traceback" not in done.stderr

    def test_health_is_there_before_it_is_ready(self, worker: Running) -> None:
        """/readyz says why it is not, /healthz that it lives."""
        eventually(lambda: fetch(f"{worker.url}/healthz")[0], "an answer")
        assert fetch(f"{worker.url}/readyz") in [
            (200, "ready\n"),
            (503, "waiting for the consumer group to give partitions\n"),
            *((503, f"{some} of 2 partitions run, the others are being restored\n") for some in (0, 1)),
        ]
        assert fetch(f"{worker.url}/healthz") == (200, "ok\n")
        worker.wait_ready()
        assert worker.metric("flinks_partition_running") == 2


class TestWorkerThatCanNotStart:
    def test_topics_are_missing(self, kafka: str) -> None:
        """It says which, and how they are made."""
        prefix = new_prefix()
        done = finish("worker", "--broker", kafka, "--topic-prefix", prefix, "--admin-port", "0")
        assert done.returncode == 1
        (line,) = done.stderr.decode().splitlines()
        assert line.startswith(f"Error: topics are missing: {prefix}events, ")
        assert line.endswith("create them with `flinks-pipeline topics`")

    def test_broker_is_out_of_reach(self) -> None:
        """One line, and quickly: whoever started it may try again."""
        began = time.monotonic()
        done = finish("worker", "--broker", "localhost:1")
        assert done.returncode == 1
        assert done.stderr.decode().startswith("Error: no Kafka broker answers at localhost:1 (")
        assert len(done.stderr.splitlines()) == 1
        assert time.monotonic() - began < alone(15)
