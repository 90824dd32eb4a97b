"""Commands as processes of their own, as a person runs them."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 120.0


def finish(*arguments: str, stdin: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command to its end; if that does not come, what it said until then is shown."""
    try:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
            env=_environment(environment),
        )
    except subprocess.TimeoutExpired as late:
        said = [output.decode() for output in (late.stdout, late.stderr) if output]
        raise AssertionError(f"not over within {PATIENCE_S:.0f} s; it said:\n{''.join(said)}") from None


@contextmanager
def started(log: Path, *arguments: str, results: str = "", **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command, with stderr in `log` and stdout there or in `results`; it has ended afterwards in any case."""
    with (
        log.open("wb") as said,
        Path(results or log).open("ab") as output,
        subprocess.Popen(
            [sys.executable, "-m", "pipeline", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output if results else said,
            stderr=said,
            env=_environment(environment),
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _environment(added: dict[str, str]) -> dict[str, str]:
    """Ours, without what would be taken for options, and with the project on the path from any folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLINKS_PIPELINE_")}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | added


def eventually(look: Callable[[], T], what: str, within_s: float = PATIENCE_S, every_s: float = 0.05) -> T:
    """Wait until `look` gives something true, and return it; what is looked at has other work to do as well."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(every_s)
    raise AssertionError(f"not within {within_s:.0f} s: {what}")


def metric(url: str, name: str, **labels: str) -> float:
    """The sum of the series that have these labels."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(
        float(line.rpartition(" ")[2])
        for line in fetch(url)[1].splitlines()
        if line.startswith((f"{name}{{", f"{name} ")) and all(label in line for label in wanted)
    )


def fetch(url: str) -> tuple[int, str]:
    """Status and text; status 0 while nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""
