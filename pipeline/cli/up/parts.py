"""What `up` prepares, a line a part, ticked when it is ready."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text


class Parts:
    """A context manager.

    On a terminal unfinished parts stand below the ticked ones and tell what they do; otherwise each word is a line
    of its own.
    """

    def __init__(self, *, on_stderr: bool) -> None:
        self.console = Console(stderr=on_stderr, highlight=False)
        self._doing: list[Part] = []
        self._live = Live(console=self.console, get_renderable=self._render, refresh_per_second=10, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def begin(self, what: str) -> "Part":
        """Begin to prepare a part."""
        part = Part(self, what)
        self._doing.append(part)
        return part

    def say(self, line: str) -> None:
        self.console.print(line, markup=False, soft_wrap=True)

    def tick(self, part: "Part", line: str) -> None:
        """A part is ready; say so."""
        self._doing.remove(part)
        self.console.print(
            Text.assemble((self.mark, "green"), f" {line} ", (f"({part.seconds:.1f} s)", "dim")),
            soft_wrap=not self.console.is_terminal,
        )

    @property
    def mark(self) -> str:
        return "✓" if self.console.encoding.startswith("utf") else "*"

    def _render(self) -> RenderableType:
        return Group(*(part.spinner for part in self._doing))


class Part:
    """One part on its way."""

    def __init__(self, parts: Parts, what: str) -> None:
        self._parts = parts
        self._what = what
        self._began = time.monotonic()
        self.spinner = Spinner("dots", text=what)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def tell(self, doing: str) -> None:
        """Say what takes long."""
        self.spinner.update(text=doing)
        if not self._parts.console.is_terminal:
            self._parts.say(f"  {doing}")

    def ready(self, line: str) -> None:
        self._parts.tick(self, line)
