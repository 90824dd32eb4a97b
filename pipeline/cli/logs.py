"""Log lines on stderr: ours, and of the libraries what a person needs."""

import json
import logging
import sys
import time
from collections.abc import Callable

from pipeline.flinks.times import format_ms

FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
LIBRARIES = (
    "faust",
    "mode",
    "aiokafka",
    "kafka",
    "aiohttp",
    "asyncio",
    "pipeline.engine.app",
    "pipeline.engine.transport",
)
"""The last two are Faust's services, which log under the module of the class."""
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
    """For a process of its own: ours from `level` on, the libraries' from WARNING on, or everything with `debug`."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter(FORMAT))
    _send_to(lines, level.upper(), logging.DEBUG if level == "debug" else logging.WARNING)


def log_json_to_stderr(level: str) -> None:
    """The same with one JSON object a line, for what collects logs."""
    log_to_stderr(level)
    for lines in logging.getLogger().handlers:
        lines.setFormatter(_Json())


class _Json(logging.Formatter):
    """Time, level, message and where it is from."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": format_ms(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told)


def log_through(say: Callable[[str], None]) -> None:
    """For `up`, which shows lines of its own: our warnings, and nothing of the libraries'."""
    _send_to(_Saying(say), logging.WARNING, logging.CRITICAL)


def _send_to(handler: logging.Handler, ours: int | str, theirs: int) -> None:
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(ours)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(theirs)


class _Saying(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"{record.levelname.lower()}: {record.getMessage()}")
