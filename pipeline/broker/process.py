"""Kafka as a child process that cannot outlive us."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.broker.errors import StartError
from pipeline.broker.java import environment

WATCH = Path(__file__).with_name("watch.py")
TAIL_LINES = 12
TAIL_BYTES = 16_384


class Process:
    """A command under watch.py, in a session of its own: Ctrl-C in the terminal reaches us and not it.

    Raises:
        StartError: it could not even be started.

    Args:
        command: what to run.
        folder: where it runs.
        log: where its output goes, both kinds.
        grace_s: from SIGTERM to SIGKILL.
        remove: a folder to remove at the end, however the end comes.
        keep_open: file descriptors that stay open until the command has ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        log: Path,
        *,
        grace_s: float = 10,
        remove: Path | None = None,
        keep_open: Sequence[int] = (),
    ) -> None:
        # Held open: it is read even after the folder it lies in was removed. Append: the file's position is shared
        # with the command, which goes on writing at the end wherever a reader has moved it.
        log.unlink(missing_ok=True)
        self._log = log.open("a+b")
        self._grace_s = grace_s
        # -I -S: nothing of the user's Python settings, and no site-packages to look through.
        watch = [sys.executable, "-I", "-S", str(WATCH), str(grace_s), str(remove or "")]
        held, leash = os.pipe()
        self._leash: int | None = leash
        told, telling = os.pipe()
        try:
            self._watch = subprocess.Popen(
                [*watch, *command],
                stdin=held,
                stdout=telling,
                stderr=self._log,
                cwd=folder,
                env=environment(),
                start_new_session=True,
                pass_fds=keep_open,
            )
        except OSError:
            os.close(leash)
            raise
        finally:
            os.close(held)
            os.close(telling)
        with os.fdopen(told) as lines:
            pid = lines.readline()
        if not pid:
            self.stop()
            raise StartError(f"Java could not be started:\n{self.tail()}")
        self.pid = int(pid)

    @property
    def running(self) -> bool:
        return self._watch.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait for it, and see to it that nothing is left. Does nothing the second time."""
        if self._leash is None:
            return
        os.close(self._leash)
        self._leash = None
        try:
            status = self._watch.wait(self._grace_s + 5)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
        if status < 0:  # whoever watches was itself killed, or hangs
            with suppress(ProcessLookupError):
                os.killpg(self._watch.pid, signal.SIGKILL)
            self._watch.wait()

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
            self._watch.wait()

    def tail(self) -> str:
        """The last lines it said."""
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, end - TAIL_BYTES))
        lines = self._log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

    def check_running(self) -> None:
        """Raise StartError, with the last lines it said, if it has ended."""
        if not self.running:
            raise StartError(f"Kafka ended while it started. The end of its log:\n{self.tail()}")
