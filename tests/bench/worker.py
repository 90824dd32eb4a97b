"""The `worker` command as it is delivered, of this tree or another, and its topics."""

import re
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.bench.cache import ROOT
from tests.bench.process import Process
from tests.bench.stream import PARTITIONS

READY_TIMEOUT_S = 120.0
CLOSED_TIMEOUT_S = 300.0
_POLL_S = 0.01
_CLOSED_POLL_S = 1.0
"""To answer takes the worker's own time."""
_KEYS = re.compile(rb"^flinks_state_keys (\S+)$", re.MULTILINE)


def group_of(prefix: str) -> str:
    """The consumer group of the sessions agent."""
    return f"{prefix}sessions"


def create_topics(bootstrap: str, prefix: str) -> None:
    """With the settings that an installation has."""
    command = [sys.executable, "-m", "pipeline", "topics", "--broker", bootstrap, "--topic-prefix", prefix]
    subprocess.run([*command, "--partitions", str(PARTITIONS)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


class Worker(Process):
    """A worker under a prefix. Its admin port is `port`."""

    def __init__(self, bootstrap: str, prefix: str, *, tree: Path = ROOT, profile: Path | None = None) -> None:
        """With `profile` it is sampled, and leaves that file when it stops."""
        self.port = _free_port()
        module = ["pipeline"] if profile is None else ["tests.bench.sampling", str(profile)]
        options = ["--broker", bootstrap, "--topic-prefix", prefix, "--log-level", "warning"]
        options += ["--admin-host", "127.0.0.1", "--admin-port", str(self.port)]
        super().__init__(["-m", *module, "worker", *options], tree=tree)

    def wait_ready(self) -> float:
        """Until all its partitions run; returns its CPU time just before that, in seconds.

        Raises:
            RuntimeError: it ended.
            TimeoutError: it is not ready in time.
        """
        until = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < until:
            self.require_alive()
            before_s = self.cpu_s
            if self._is_ready():
                return before_s
            time.sleep(_POLL_S)
        raise TimeoutError(f"the worker was not ready after {READY_TIMEOUT_S:.0f} s")

    def wait_closed(self, keys: int) -> None:
        """Until it holds no more than so many keys; then every other session has closed, and its late time is over.

        Raises:
            RuntimeError: it ended.
            TimeoutError: it still holds more.
        """
        until = time.monotonic() + CLOSED_TIMEOUT_S
        while time.monotonic() < until:
            self.require_alive()
            held = _KEYS.search(self._ask("/metrics") or b"")
            if held is not None and float(held[1]) <= keys:
                return
            time.sleep(_CLOSED_POLL_S)
        raise TimeoutError(f"after {CLOSED_TIMEOUT_S:.0f} s the worker still holds more than {keys} keys")

    def _is_ready(self) -> bool:
        return self._ask("/readyz") is not None

    def _ask(self, path: str) -> bytes | None:
        """What the admin port says, None unless it is 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read() if answer.status == HTTPStatus.OK else None
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
