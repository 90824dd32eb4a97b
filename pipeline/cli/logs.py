"""Log lines on stderr: ours, and of the libraries what a person needs."""

import logging
import sys
import time

FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
QUIET = ("faust", "mode", "aiokafka", "kafka", "aiohttp", "asyncio", "jgo")
REPEAT_S = 10.0
"""The same message of a library at most once in this time: while a broker is away aiokafka writes hundreds a second."""


class Repeats(logging.Filter):
    """Lets a message pass once in `REPEAT_S`, and tells then how many were left out. Ours all pass."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("pipeline"):
            return True
        kind = (record.name, str(record.msg))
        now = time.monotonic()
        if now - self._last.get(kind, -REPEAT_S) < REPEAT_S:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        self._last[kind] = now
        if left_out := self._left_out.pop(kind, 0):
            record.msg = f"{record.getMessage()} (and {left_out} more like it)"
            record.args = None
        return True


def log_to_stderr(level: str) -> None:
    """Ours from `level` on, the libraries' from WARNING on, or everything with `debug`."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter(FORMAT))
    lines.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
