"""The one line that tells how it goes."""

import time
from collections import deque
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from pipeline.cli.up.counts import OUTCOMES, RunCounts
from pipeline.cli.up.users import Users
from pipeline.engine import Engine
from pipeline.sessions import SessionFold

RATE_S = 5.0
"""The rate of events is that of the last so many seconds."""
PLAIN_S = 5.0
"""Without a terminal a line is printed this often, and more often while the history is delivered."""
PLAIN_AT_FIRST_S = 2.0
REFRESH_S = 0.5
COLOURS = {"completed": "green", "failed": "red", "abandoned": "yellow", "denied": "magenta", "expired": "cyan"}


class LiveLine:
    """Call `show` again and again; it knows itself when it is time for the next line."""

    def __init__(self, console: Console, engine: Engine, counts: RunCounts, users: Users | None) -> None:
        self._console = console
        self._engine = engine
        self._counts = counts
        self._users = users
        self._samples: deque[tuple[float, int]] = deque()
        self._next_plain = time.monotonic() + 1
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Callable[[], None]:
        if self._console.is_terminal:
            self._live.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self) -> None:
        now = time.monotonic()
        line = self._line(self._rate(now))
        if self._console.is_terminal:
            self._live.update(line, refresh=True)
        elif now >= self._next_plain:
            self._next_plain = now + (PLAIN_S if self._history_left_ms == 0 else PLAIN_AT_FIRST_S)
            self._console.print(Text.assemble(time.strftime("%H:%M:%S  "), line), soft_wrap=True)

    @property
    def _history_left_ms(self) -> int:
        return self._users.history_left_ms if self._users else 0

    def _rate(self, now: float) -> float:
        samples = self._samples
        samples.append((now, self._counts.events))
        while now - samples[0][0] > RATE_S:
            samples.popleft()
        (since, before), (until, after) = samples[0], samples[-1]
        return (after - before) / (until - since) if until > since else 0.0

    def _line(self, rate: float) -> Text:
        counts = self._counts
        tasks = self._engine.tasks.values()
        told = [
            Text(f"{counts.events:,} events, {rate:,.0f}/s"),
            Text(f"lag {sum(task.lag for task in tasks):,}"),
            Text(f"{sum(task.fold.open for task in tasks if isinstance(task.fold, SessionFold)):,} open"),
        ]
        told += [
            Text(f"{counts.sessions[outcome]:,} {outcome}", style=COLOURS.get(outcome, ""))
            for outcome in OUTCOMES
            if counts.sessions[outcome]
        ]
        if counts.rejected:
            told.append(Text(f"{counts.rejected:,} rejected"))
        if left_ms := self._history_left_ms:
            told.append(Text(f"{left_ms / 60_000:.0f} min of history left", style="dim"))
        return Text(" · ").join(told)
