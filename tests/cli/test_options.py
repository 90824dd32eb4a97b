"""What all commands have in common."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline.__main__ import run
from pipeline.cli import main
from pipeline.engine import EngineError

COMMANDS = sorted(main.commands)
ROOT = Path(__file__).parents[2]


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_has_examples(self, command: str) -> None:
        """Each command shows how it is used."""
        result = CliRunner().invoke(main, [command, "--help"])
        assert result.exit_code == 0
        assert f"Examples:\n    flinks-pipeline {command}" in result.output

    def test_imports_nothing_heavy(self) -> None:
        """So it is there at once."""
        program = (
            "import sys; from pipeline.cli import main; main(['up', '--help'], standalone_mode=False);"
            "heavy = ('faust', 'aiokafka', 'aiohttp', 'prometheus_client', 'numpy', 'asyncio');"
            "print([name for name in heavy if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
        assert done.stdout.splitlines()[-1] == "[]"

    def test_is_shown_without_a_command(self) -> None:
        """Whoever types the name alone learns what there is."""
        result = CliRunner().invoke(main, [])
        for command in COMMANDS:
            assert command in result.output


class TestInterrupt:
    @pytest.mark.parametrize(
        ("module", "arguments"),
        [
            ("click", ["--help"]),
            ("uvloop", ["collector"]),
            ("orjson", ["sessions"]),
            ("numpy", ["backtest", "counts.csv", "--alerts", "alerts.jsonl"]),
        ],
    )
    def test_while_a_command_is_loaded(self, tmp_path: Path, module: str, arguments: list[str]) -> None:
        """Ctrl-C ends it with the status that shells have for that, and without a word."""
        (tmp_path / f"{module}.py").write_text(
            "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit\n"
        )
        (tmp_path / "counts.csv").write_text("timestamp,institution,code,errors,attempts\n")
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        )
        assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")

    def test_of_the_installed_program(self) -> None:
        """It begins where `python -m pipeline` does."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert project["scripts"] == {"flinks-pipeline": f"{run.__module__}:{run.__name__}"}


class TestOptions:
    def test_each_is_an_environment_variable(self) -> None:
        """FLINKS_PIPELINE_ and its name."""
        for command in main.commands.values():
            for option in command.params:
                if isinstance(option, click.Option):
                    name = max(option.opts, key=len).removeprefix("--")
                    assert option.envvar == f"FLINKS_PIPELINE_{name.replace('-', '_').upper()}", command.name

    def test_environment_is_read(self, tmp_path: Path) -> None:
        """Here the number of sessions, the files and two incidents with a space between."""
        variables = {
            "FLINKS_PIPELINE_OUT": str(tmp_path / "events"),
            "FLINKS_PIPELINE_TRUTH": str(tmp_path / "truth"),
            "FLINKS_PIPELINE_SESSIONS": "7",
            "FLINKS_PIPELINE_INCIDENT": "RBC:RETRY_LATER:1@0s+1h TD:RETRY_LATER:1@0s+1h",
        }
        result = CliRunner(env=variables).invoke(main, ["simulate"])
        assert result.exit_code == 0, result.output
        assert len((tmp_path / "truth").read_text().splitlines()) == 7

    def test_the_command_line_wins(self, tmp_path: Path) -> None:
        """Over the environment."""
        arguments = ["simulate", "--out", str(tmp_path / "e"), "--truth", str(tmp_path / "t"), "--sessions", "3"]
        result = CliRunner(env={"FLINKS_PIPELINE_SESSIONS": "7"}).invoke(main, arguments)
        assert result.exit_code == 0, result.output
        assert len((tmp_path / "t").read_text().splitlines()) == 3


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "status", "words"),
        [
            (["nothing"], 2, "No such command 'nothing'"),
            (["up", "--simulat", "600"], 2, "No such option: --simulat"),
            (["up", "--simulate", "0"], 2, "'--simulate'"),
            (["up", "--seed", "1"], 2, "--simulate"),
            (["up", "--data", "d", "--broker", "b:1"], 2, "--data"),
            (["up", "--broker", "b:1", "--simulate", "600"], 2, "--topic-prefix"),
            (["up", "--simulate", "600", "--incident", "RBC"], 1, "INSTITUTION:CODE:SHARE@START+LENGTH"),
            (["sessions", "/nowhere/events"], 2, "/nowhere/events"),
            (
                ["simulate", "--out", "/nowhere/events", "--truth", "t"],
                2,
                "the folder of /nowhere/events does not exist",
            ),
            (
                ["simulate", "--out", "/dev/full", "--truth", "/dev/null", "--sessions", "9"],
                1,
                "No space left on device",
            ),
        ],
    )
    def test_are_one_line_on_stderr(self, arguments: list[str], status: int, words: str) -> None:
        """With a status other than 0, and no traceback."""
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == status
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert words in result.stderr
        assert len(result.stderr.splitlines()) == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            ["sessions", "{}", "--visits", "{}"],
            ["sessions", "--visits", "{}", "--rejected", "{}"],
            ["simulate", "--out", "{}", "--truth", "{}"],
            ["backtest", "{}", "--alerts", "{}"],
        ],
    )
    def test_a_file_named_twice_is_left_alone(self, tmp_path: Path, arguments: list[str]) -> None:
        """One line says so, instead of a result that takes the place of another or of the input."""
        file = tmp_path / "file"
        file.write_text("kept\n")
        result = CliRunner().invoke(main, [argument.format(file) for argument in arguments])
        assert result.exit_code == 1
        assert f"{file} is named twice" in result.stderr
        assert file.read_text() == "kept\n"

    @pytest.mark.parametrize(
        ("arguments", "option"),
        [
            (["sessions", "{events}", "--visits", "{missing}"], "--visits"),
            (["sessions", "{events}", "--rejected", "{missing}"], "--rejected"),
            (["sessions", "{events}", "--visits", "{link}"], "--visits"),
            (["simulate", "--out", "{events}", "--truth", "{missing}"], "--truth"),
            (["simulate", "--out", "{missing}", "--truth", "{events}"], "--out"),
            (["backtest", "{events}", "--alerts", "{missing}"], "--alerts"),
        ],
    )
    def test_an_output_without_a_folder(self, tmp_path: Path, arguments: list[str], option: str) -> None:
        """It is noticed before any work: no input is read, and no other output begun."""
        places = {"events": tmp_path / "events", "missing": tmp_path / "no" / "file", "link": tmp_path / "link"}
        places["events"].write_text("kept\n")
        places["link"].symlink_to(places["missing"])
        result = CliRunner().invoke(main, [argument.format(**places) for argument in arguments])
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"Error: Invalid value for '{option}': the folder of {tmp_path}")
        assert places["events"].read_text() == "kept\n"

    @pytest.mark.parametrize(("file", "words"), [("", ". is a folder"), ("-", "/dev/stdout")])
    def test_an_output_that_is_no_file(self, tmp_path: Path, file: str, words: str) -> None:
        """Nothing, as of a variable that is not set, and what other programs take for standard output."""
        (tmp_path / "events").touch()
        result = CliRunner().invoke(main, ["sessions", str(tmp_path / "events"), "--visits", file])
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr

    def test_debug_shows_the_traceback(self) -> None:
        """For whoever wants to know where."""
        arguments = ["simulate", "--out", "/dev/full", "--truth", "/dev/null", "--sessions", "9", "--debug"]
        result = CliRunner().invoke(main, arguments)
        assert isinstance(result.exception, OSError)

    def test_ours_are_told_as_they_are(self) -> None:
        """A message of our own needs no name of a class before it."""
        from pipeline.cli.failures import explain

        assert explain(EngineError("the group stands\nelsewhere")) == "the group stands elsewhere"
        assert explain(RuntimeError("what?")) == "RuntimeError: what? (--debug shows where)"
