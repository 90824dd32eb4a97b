"""`up`, on a Kafka of its own and on somebody else's."""

import json
import os
import signal
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from tests.busy import alone
from tests.cli.records import committed, new_prefix, produce, topics_of
from tests.cli.running import PATIENCE_S, eventually, fetch, finish, metric, started
from tests.metrics.events import event


def latest(rows: list[Any], name: str) -> dict[str, Any]:
    """As a consumer has them who upserts by id and revision."""
    return {row[name]: row for row in sorted(rows, key=lambda row: int(row["revision"]))}


class TestUp:
    def test_makes_users_into_sessions_and_sums_up(self, kafka: str, tmp_path: Path) -> None:
        """One JSON line on stdout that tells what is committed on the topics, all else on stderr."""
        prefix, log, results = new_prefix(), tmp_path / "log", tmp_path / "results"
        arguments = ["--simulate", "600", "--seed", "3", "--json", "--admin-port", "0"]
        with started(
            log, "up", "--broker", kafka, "--topic-prefix", prefix, *arguments, results=str(results)
        ) as process:
            url = eventually(lambda: _after(log, "metrics   "), "an address")
            for outcome, least in (("completed", 101), ("failed", 1)):
                eventually(partial(_ended, url, outcome, least), "sessions", every_s=1)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0, log.read_text()
        said = log.read_text()
        (line,) = results.read_text().splitlines()
        summary = json.loads(line)

        ended = latest(committed(kafka, f"{prefix}sessions"), "session_id").values()
        outcomes = Counter(session["outcome"] for session in ended)
        assert {outcome: times for outcome, times in summary["sessions"].items() if times} == outcomes
        assert summary["visits"] == len(latest(committed(kafka, f"{prefix}visits"), "visit_id"))
        assert summary["rejected"] == len(committed(kafka, f"{prefix}rejected"))
        assert summary["alerts"] == 0
        assert set(summary) == {"events", "rejected", "sessions", "visits", "alerts"}
        # What is left out at the end is what nobody had read yet.
        assert 0 < summary["events"] <= len(committed(kafka, f"{prefix}events"))
        assert outcomes["completed"] > 100
        assert outcomes["failed"] > 0

        assert "✓ sessions agent, 4 partitions" in said
        assert "600 made up a minute, seed 3" in said
        assert " events, " in said
        assert " completed" in said

    def test_ends_after_its_time(self, kafka: str) -> None:
        """By itself, and sums up what there was."""
        where = ("--broker", kafka, "--topic-prefix", new_prefix(), "--admin-port", "0", "--dashboard-port", "0")
        done = finish("up", *where, "--for", "0.1", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["events"] == 0

    def test_goes_on_with_what_it_kept(self, kafka: str, tmp_path: Path) -> None:
        """--data keeps records and open visits. When Kafka dies under it, it says so and ends."""
        assert kafka, "there can be an embedded broker"
        data, log = tmp_path / "data", tmp_path / "log"
        with started(log, "up", "--data", str(data), "--admin-port", "0") as process:
            address = eventually(lambda: _after(log, "Kafka     "), "an address")
            metrics = _after(log, "metrics   ")
            produce(address, "flinks.events", [event(at_ms=time.time_ns() // 1_000_000)])
            eventually(lambda: "flinks_sessions_open 1.0" in fetch(metrics)[1], "an open visit")
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0
            assert time.monotonic() - began < alone(8)
            assert "After " in log.read_text()
        with started(log, "up", "--data", str(data), "--admin-port", "0") as process:
            eventually(lambda: _after(log, "metrics   "), "the second start")
            assert ", 1 visits restored" in log.read_text()
            for pid in _grandchildren(process.pid):
                os.kill(pid, signal.SIGKILL)
            assert process.wait(PATIENCE_S) == 1
            assert "Error: Kafka ended unexpectedly" in log.read_text()

    def test_made_up_users_stay_off_the_real_topics(self, kafka: str) -> None:
        """Of a broker that is somebody else's: one line, and nothing was done."""
        before = topics_of(kafka, "flinks.")
        result = CliRunner().invoke(main, ["up", "--broker", kafka, "--simulate", "600"])
        assert result.exit_code == 2
        assert "--topic-prefix" in result.stderr
        assert topics_of(kafka, "flinks.") == before

    def test_broker_out_of_reach(self) -> None:
        """One line, and a summary of nothing is not told."""
        done = finish("up", "--broker", "localhost:1", "--json")
        assert done.returncode == 1
        assert done.stdout == b""
        assert done.stderr.decode().splitlines()[-1].startswith("Error: no Kafka broker answers at localhost:1 (")

    def test_a_port_that_was_asked_for_and_is_taken(self, kafka: str) -> None:
        """It is told, and no other is taken instead."""
        port = kafka.rpartition(":")[2]
        done = finish("up", "--broker", kafka, "--topic-prefix", new_prefix(), "--admin-port", port)
        assert done.returncode == 1
        assert b"choose another port" in done.stderr.splitlines()[-1]

    def test_data_that_is_not_ours(self, tmp_path: Path) -> None:
        """A folder with something else in it is left alone."""
        (tmp_path / "letter").write_text("dear")
        done = finish("up", "--data", str(tmp_path))
        assert done.returncode == 1
        assert done.stderr.decode().splitlines()[-1].startswith(f"Error: {tmp_path} is not empty")


def _after(log: Path, label: str) -> str:
    return next((line.partition(label)[2] for line in log.read_text().splitlines() if label in line), "")


def _ended(url: str, outcome: str, least: int) -> bool:
    return metric(url, "flinks_sessions_total", outcome=outcome) >= least


def _grandchildren(pid: int) -> list[int]:
    """Java, below the process that watches it."""
    if not sys.platform.startswith("linux"):
        pytest.skip("processes are looked up in /proc")
    return [own for child in _children(pid) for own in _children(child)]


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found
