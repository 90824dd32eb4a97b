"""`explain` without Kafka: names, and sessions of a file."""

import io
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from pipeline.cli import main
from pipeline.cli.explain.name import entry_parts
from pipeline.cli.explain.needle import Needle
from pipeline.cli.explain.session import session_parts
from pipeline.cli.explain.show import show
from pipeline.flinks.catalogue import CATALOGUE, Entry, FailureClass
from pipeline.flinks.lookup import CLASS_MEANING, near
from pipeline.sessions.explain import Replay, explain
from pipeline.sessions.offline import NO_APPEND_MS
from tests.metrics.events import NOON_MS, event

ESCAPE = "\x1b[2J"


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["explain", *arguments], input=stdin)


def journey() -> list[bytes]:
    """One visit: a wrong password, told twice, then an expired request; and another visit."""
    return [
        event(at_ms=NOON_MS, name="APP_MOUNTED"),
        event(at_ms=NOON_MS + 1_000, name="INSTITUTION_SELECTED", institution="RBC", id="picked"),
        event(at_ms=NOON_MS + 1_000, name="INSTITUTION_SELECTED", institution="RBC", id="picked"),
        event(at_ms=NOON_MS + 9_000, name="SUBMIT_CREDENTIAL", institution="RBC"),
        event(at_ms=NOON_MS + 15_000, name="INVALID_LOGIN", kind="code", request_id="r1", http_status=401),
        event(at_ms=NOON_MS + 600_000, visit="visit-2"),
        event(at_ms=NOON_MS + 580_000, name="SESSION_EXPIRED", request_id="r1"),
        event(at_ms=NOON_MS + 581_000, name="SESSION_EXPIRED", kind="code", request_id="r1"),
    ]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(journey()) + b"\nnonsense\n\n")
    return str(path)


def on_terminal(parts: Any, width: int) -> str:
    """What `show` prints on a terminal of this width."""
    screen = io.StringIO()
    show(parts, Console(file=screen, width=width, force_terminal=True, color_system=None, highlight=False))
    return screen.getvalue()


class TestName:
    @pytest.mark.parametrize("name", CATALOGUE)
    def test_every_one_is_explained(self, name: str) -> None:
        """In whatever case it is typed."""
        result = run(name.lower())
        assert result.exit_code == 0, result.output
        entry = CATALOGUE[name]
        for meaning in (entry.in_browser, entry.outside_browser):
            assert meaning.about in result.stdout
            assert (meaning.failure_class or "it is no failure") in result.stdout
        assert not entry.stage or f"{entry.stage} (" in result.stdout
        assert ("counts as an attempt to log in" in result.stdout) == entry.attempt

    def test_both_classes_of_invalid_login(self) -> None:
        """With whose turn it is."""
        said = run("INVALID_LOGIN").stdout
        assert f"from the browser user: {CLASS_MEANING[FailureClass.USER]}" in said
        assert f"from the backend or a webhook integration: {CLASS_MEANING[FailureClass.INTEGRATION]}" in said

    def test_every_class_is_explained(self) -> None:
        """Also those that the catalogue does not use."""
        assert set(CLASS_MEANING) == set(FailureClass)

    def test_as_json_it_is_the_entry(self) -> None:
        """All its fields, by their own names."""
        found = orjson.loads(run("QUESTION_NOT_FOUND", "--json").stdout)
        assert set(found) == {field.name for field in fields(Entry)}
        assert (found["role"], found["stage"], found["kinds"]) == ("in_progress", "mfa", ["step", "code"])

    def test_advice_comes_last(self) -> None:
        """It is what stays in mind; before it what the catalogue knows besides, and nothing that it does not."""
        said = on_terminal(entry_parts(CATALOGUE["RETRY_LATER"]), 400)
        rows = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
        assert "HTTP status 401" in rows
        assert rows[-1] == f"what to do {CATALOGUE['RETRY_LATER'].in_browser.advice}"
        assert "retry counts" not in said

    def test_a_typo_gets_what_may_have_been_meant(self) -> None:
        """In one line, and without asking a broker."""
        result = run("INVALID_LOGN")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: no event or code is called INVALID_LOGN; did you mean INVALID_LOGIN")
        assert len(result.stderr.splitlines()) == 1
        assert near("redirct") == ["REDIRECT"]

    def test_spaces_and_hyphens_are_underscores(self) -> None:
        """However a person writes it down."""
        assert run("retry later").stdout == run("RETRY-LATER").stdout == run("RETRY_LATER").stdout

    def test_a_name_like_no_other(self) -> None:
        """It is told what would become of it, and how an id is looked up."""
        result = run("FOO_BAR")
        assert result.exit_code == 1
        assert "no event or code is called FOO_BAR: it would be counted as unknown" in result.stderr
        assert "--file" in result.stderr


class TestFile:
    def test_tells_what_happened_and_why(self, file: str) -> None:
        """A row an event, pairs and copies in one, then the reason and both revisions of the result."""
        result = run("r1", "--file", file)
        assert result.exit_code == 0, result.output
        lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
        assert lines[:4] == [
            "Request r1: connect session, expired",
            "visit visit-1",
            "where RBC",
            "when 2026-05-28, times in UTC",
        ]
        about = {name: entry.in_browser.about for name, entry in CATALOGUE.items()}
        copied = f"{about['INSTITUTION_SELECTED']} [institution RBC; a copy came]"
        twice = "[class expiry; told again as code after 1 s; came after the result]"
        assert lines[5:13] == [
            "time + from event stage reached meaning",
            f"~ 20:26:40.000 0 ms browser step APP_MOUNTED mounted {about['APP_MOUNTED']}",
            f"~ 20:26:41.000 1 s browser step INSTITUTION_SELECTED institution {copied}",
            f"~ 20:26:49.000 9 s browser step SUBMIT_CREDENTIAL submitted {about['SUBMIT_CREDENTIAL']}",
            f"20:26:55.000 15 s browser code INVALID_LOGIN {about['INVALID_LOGIN']} [class user; HTTP 401]",
            f"20:36:20.000 9 min 40 s browser step SESSION_EXPIRED {about['SESSION_EXPIRED']} {twice}",
            "~ has no request_id: it is this session's by its position",
            "",
        ]
        silence = "9 min 25 s after what came before it"
        assert lines[13:17] == [
            "Why",
            f"Expired, for the last failure was SESSION_EXPIRED at 20:36:20.000Z, {silence}, and no REDIRECT came.",
            "Nothing more came for 8 min, so it was closed.",
            "Revision 2 turned failed into expired: something came after the result.",
        ]
        assert "field revision 1 revision 2" in lines
        assert "outcome failed expired" in lines
        assert "attempt 1" in lines

    def test_ids_of_a_visit_and_of_a_result(self, file: str) -> None:
        """Both lead to the same session."""
        by_visit = run("visit-1", "--file", file)
        session_id = orjson.loads(run("r1", "--file", file, "--json").stdout)["sessions"][0]["results"][0]["session_id"]
        assert by_visit.stdout == run(session_id, "--file", file).stdout == run("r1", "--file", file).stdout

    def test_reads_standard_input(self, file: str) -> None:
        """Though it is read twice."""
        assert run("r1", "--file", "-", stdin=Path(file).read_bytes()).stdout == run("r1", "--file", file).stdout

    def test_as_json_it_is_the_structure(self, file: str) -> None:
        """The same as is shown."""
        found = orjson.loads(run("r1", "--file", file, "--json").stdout)
        assert found["id"] == "r1"
        (session,) = found["sessions"]
        assert (session["kind"], session["outcome"], session["open"]) == ("connect", "expired", False)
        assert [moment["name"] for moment in session["timeline"]][-1] == "SESSION_EXPIRED"
        assert session["timeline"][-1]["again"] == {"kind": "code", "after_ms": 1_000}
        assert [result["revision"] for result in session["results"]] == [1, 2]
        assert session["why"][0].startswith("Expired, ")

    def test_nothing_is_found(self, file: str) -> None:
        """One line, status 1."""
        result = run("r99", "--file", file)
        assert result.exit_code == 1
        assert result.stderr == (
            "Error: no event in the file has the request_id, connect_session_id or session_id r99\n"
        )

    def test_many_alike_are_shown_by_the_first_and_the_last(self) -> None:
        """A backend polls for half an hour."""
        poll: dict[str, Any] = {
            "source": "server",
            "kind": "api",
            "visit": None,
            "request_id": "r1",
            "http_status": 202,
        }
        values = [event(at_ms=NOON_MS + each * 10_000, name="OPERATION_PENDING", **poll) for each in range(40)]
        said = run("r1", "--file", "-", stdin=b"\n".join(values)).stdout
        assert said.count("OPERATION_PENDING at") == 2
        assert said.count("server api") == 2
        assert "... 38 more of these" in said

    def test_agrees_with_sessions(self, tmp_path: Path) -> None:
        """Every made-up session's last result is what `sessions` says of it."""
        out, truth = tmp_path / "events", tmp_path / "truth"
        arguments = ["simulate", "--out", str(out), "--truth", str(truth), "--sessions", "150", "--seed", "9"]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        records = [(place, NO_APPEND_MS, None, line) for place, line in enumerate(out.read_bytes().splitlines())]
        lines = CliRunner().invoke(main, ["sessions", str(out)]).stdout.splitlines()
        compared = 0
        for wanted in map(orjson.loads, lines[::5]):
            replay = Replay(wanted["connect_session_id"] or wanted["request_id"])
            replay.take(records)
            replay.end()
            (told,) = explain(replay, wanted["session_id"])
            assert told.results[-1] == wanted
            assert told.outcome == wanted["outcome"]
            assert told.why[0].startswith(wanted["outcome"].replace("_", " ").capitalize())
            assert told.notes == ()
            compared += 1
        assert compared >= 30


class TestShow:
    def parts(self, **fields: Any) -> Any:
        replay = Replay("visit-1")
        replay.take([(0, NO_APPEND_MS, None, event(at_ms=NOON_MS, name="SUBMIT_CREDENTIAL", **fields))])
        replay.end()
        (told,) = explain(replay, "visit-1")
        return session_parts(told)

    def test_a_narrow_terminal_has_meanings_below_names(self) -> None:
        """And nothing is cut off."""
        said = on_terminal(self.parts(), 80)
        assert max(map(len, said.splitlines())) <= 80
        assert "reaches submitted" in said
        lines = [line.strip() for line in said.splitlines()]
        assert lines.index("The user sent a valid login form.") == lines.index("reaches submitted") + 1

    def test_a_wide_terminal_has_them_beside(self) -> None:
        """One row an event."""
        said = on_terminal(self.parts(), 140)
        (row,) = [line for line in said.splitlines() if "SUBMIT_CREDENTIAL  submitted" in line]
        assert row.rstrip().endswith("The user sent a valid login form.")

    def test_nothing_steers_the_terminal(self) -> None:
        """A browser may send anything as an institution."""
        parts = list(self.parts(institution=f"RBC{ESCAPE}", request_id=f"r{ESCAPE}"))
        said = on_terminal(parts, 140)
        assert ESCAPE not in said
        assert "RBC?[2J" in said

    def test_nor_does_plain_output(self) -> None:
        """It may end on a terminal all the same."""
        value = event(at_ms=NOON_MS, name=f"X{ESCAPE}", request_id="r1", kind="code")
        said = run("r1", "--file", "-", stdin=value).stdout
        assert "X?[2J" in said
        assert ESCAPE not in said


class TestNeedle:
    @pytest.mark.parametrize("text", ["r1", 'quo"te', "é", "back\\slash"])
    @pytest.mark.parametrize("ascii_only", [True, False])
    def test_finds_ids_as_json_writes_them(self, text: str, ascii_only: bool) -> None:
        """With and without escapes."""
        import json

        value = json.dumps({"request_id": text}, ensure_ascii=ascii_only).encode()
        assert Needle("other", text)((0, 0, None, value))
        assert not Needle("other")((0, 0, None, value))
        assert not Needle(text)((0, 0, None, None))
