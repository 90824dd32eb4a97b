"""The environment of deploy/run, made from a lock of one package."""

import os
import subprocess
import sys
import zipfile
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ENVIRONMENT = Path(__file__).parents[2] / "deploy" / "environment.py"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with a package and the lock that wants it."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as files:
        files.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        files.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        files.writestr("tiny-1.0.dist-info/RECORD", "")
    (tmp_path / "a.lock").write_text(f"tiny==1.0 --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n")
    return tmp_path


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def make(wheels: Path) -> "subprocess.CompletedProcess[str]":
    """With what a server has in that folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=wheels)) as server:
        Thread(target=server.serve_forever).start()
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"http://127.0.0.1:{server.server_port}/"}
        try:
            return subprocess.run(
                [sys.executable, ENVIRONMENT, wheels / "venv", wheels / "a.lock"],
                capture_output=True,
                text=True,
                check=False,
                env=os.environ | index,
            )
        finally:
            server.shutdown()


def test_what_it_does(wheels: Path) -> None:
    """Is said while it is done, on stderr; and nothing when there is nothing to do."""
    first, second = make(wheels), make(wheels)
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    said = [line.strip() for line in first.stderr.splitlines()]
    assert "fetching tiny==1.0" in said
    assert "installing collected packages" in said
    assert "ready after" in said[-1]
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_what_is_not_there(wheels: Path) -> None:
    """Is told by pip, and that it failed."""
    (wheels / "tiny-1.0-py3-none-any.whl").unlink()
    done = make(wheels)
    assert done.returncode == 1
    assert "No matching distribution found for tiny==1.0" in done.stderr
    assert "could not be made" in done.stderr.splitlines()[-1]
