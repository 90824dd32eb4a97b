"""Prometheus and Alertmanager, the real ones, as processes of their own."""

import json
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.broker.ports import free_ports
from tests.cli.running import eventually, fetch


def program(name: str, package: str) -> str:
    """Where it is; skips, with the reason, where it is not installed, and with CI set that is a failure."""
    found = shutil.which(name)
    if found is not None:
        return found
    missing = f"{name} is not installed (Debian: apt install {package})"
    if os.environ.get("CI"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def prometheus() -> str:
    return program("prometheus", "prometheus")


def promtool() -> str:
    return program("promtool", "prometheus")


def amtool() -> str:
    return program("amtool", "prometheus-alertmanager")


def alertmanager() -> str:
    """Debian calls it otherwise than Prometheus' own packages."""
    return shutil.which("alertmanager") or program("prometheus-alertmanager", "prometheus-alertmanager")


def run(*command: str, stdin: str = "") -> str:
    """Its output; fails with it if the program does."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """Start a server that listens where --web.listen-address says and answers /-/ready; gives its URL."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=output, stderr=output, cwd=folder
        )
    try:
        eventually(lambda: process.poll() is not None or fetch(f"{url}/-/ready")[0] == 200, f"{command[0]} is ready")
        assert process.poll() is None, log.read_text()
        yield url
    finally:
        process.kill()
        process.wait()


def asked(url: str, path: str, **parameters: str) -> Any:
    """What Prometheus answers; fails with its words if it refuses."""
    status, text = fetch(f"{url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
    assert status == 200, text
    return json.loads(text)["data"]
