"""`sessions`: from a file of events to files of results."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from tests.metrics.events import NOON_MS, event

MINUTE_MS = 60_000


def run(events: bytes, *arguments: str) -> tuple[list[dict[str, Any]], str]:
    """The sessions, and what was said."""
    result = CliRunner().invoke(main, ["sessions", *arguments], input=events)
    assert result.exit_code == 0, result.output
    return [orjson.loads(line) for line in result.stdout_bytes.splitlines()], result.stderr


def lines(*events: bytes) -> bytes:
    return b"".join(value + b"\n" for value in events)


class TestSessions:
    def test_tells_each_session_once_as_it_was_said_last(self) -> None:
        """A SESSION_EXPIRED after nine idle minutes revises what was told, and other visits make that time pass."""
        events = lines(
            event(at_ms=NOON_MS),
            event(at_ms=NOON_MS + 10 * MINUTE_MS, visit="other"),
            event(at_ms=NOON_MS + 9 * MINUTE_MS + 30_000, name="SESSION_EXPIRED", kind="code"),
        )
        found = [(session["revision"], session["outcome"]) for session in run(events)[0]]
        assert found == [(2, "expired"), (1, "abandoned")]

    def test_are_in_order_of_start(self) -> None:
        """Not of closing: the first one here closes last."""
        events = lines(
            event(at_ms=NOON_MS, visit="long"),
            event(at_ms=NOON_MS + 1, visit="short", name="REDIRECT"),
            event(at_ms=NOON_MS + 2, visit="also-short", name="REDIRECT"),
        )
        assert [session["connect_session_id"] for session in run(events)[0]] == ["long", "short", "also-short"]

    def test_disorder_changes_nothing(self) -> None:
        """Lines that arrive up to a minute after another are the same sessions."""
        events = [event(at_ms=NOON_MS + number * 600, visit=f"v{number % 9}") for number in range(90)]
        shuffled = random.Random(3).sample(events, len(events))
        assert run(lines(*events))[0] == run(lines(*shuffled))[0]

    def test_visits_and_rejections_go_to_files(self, tmp_path: Path) -> None:
        """If files are named."""
        events = lines(event(at_ms=NOON_MS, name="REDIRECT"), b"{", b"")
        visits, rejected = tmp_path / "visits", tmp_path / "rejected"
        sessions, said = run(events, "--visits", str(visits), "--rejected", str(rejected))
        assert len(sessions) == 1
        assert [orjson.loads(line)["converted"] for line in visits.read_bytes().splitlines()] == [True]
        told = [orjson.loads(line) for line in rejected.read_bytes().splitlines()]
        assert [(line["reason"], line["offset"]) for line in told] == [("not_json", 1)]
        assert said == "2 events: 1 sessions, 1 visits, 1 rejected (1 not_json)\n"

    @pytest.mark.parametrize("argument", ["-", "file"])
    def test_reads_a_file_or_standard_input(self, tmp_path: Path, argument: str) -> None:
        """Both are the same."""
        events = lines(event(at_ms=NOON_MS))
        file = tmp_path / "events"
        file.write_bytes(events)
        sessions, _ = run(events, str(file) if argument == "file" else argument)
        assert len(sessions) == 1

    def test_nothing_comes_of_nothing(self) -> None:
        """An empty input is no error."""
        assert run(b"") == ([], "0 events: 0 sessions, 0 visits\n")

    def test_agrees_with_what_the_simulator_knows(self, tmp_path: Path) -> None:
        """Outcome and failure of every session whose events came in time."""
        out, truth = tmp_path / "events", tmp_path / "truth"
        arguments = ["simulate", "--out", str(out), "--truth", str(truth), "--sessions", "400", "--seed", "5"]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        found = {
            (session["connect_session_id"], session["request_id"], session["started_at"]): session
            for session in run(out.read_bytes())[0]
        }
        wanted = [orjson.loads(line) for line in truth.read_bytes().splitlines()]
        compared = 0
        for session in wanted:
            if not session["late"]:
                result = found[session["connect_session_id"], session["request_id"], session["started_at"]]
                fields = ("outcome", "failure_code", "furthest_stage", "institution", "attempt")
                assert {name: result[name] for name in fields} == {name: session[name] for name in fields}
                compared += 1
        assert compared > 350
