"""A program being measured: started, watched from outside, stopped. Linux only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.cache import ROOT

STOP_S = 15


class Process:
    """A Python program of this project, or of another tree of it; a context manager that ends it."""

    def __init__(
        self, arguments: Sequence[str], *, tree: Path = ROOT, environment: Mapping[str, str] | None = None
    ) -> None:
        """`arguments` begin with -m."""
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree), **(environment or {})},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """SIGINT, and SIGKILL when that does not help."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def wait_for_line(self, line: str) -> None:
        """Until it prints this line.

        Raises:
            RuntimeError: it ended without.
        """
        assert self._process.stdout is not None
        for said in self._process.stdout:
            if said.rstrip("\n") == line:
                return
        raise RuntimeError(f"process {self.pid} ended with {self._process.wait()} and did not say {line!r}")

    def require_alive(self) -> None:
        """Raises RuntimeError if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"process {self.pid} ended with {self._process.returncode}")

    @property
    def cpu_s(self) -> float:
        """User and system time of all its threads, to the nanosecond."""
        # The kernel's name for the clock of another process, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime(~self.pid << 3 | 2)

    @property
    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
