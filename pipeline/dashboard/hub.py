"""What each page gets once a second: the sections that have changed since it last got them.

A filter's sections are made once, however many look through it. A page that reads slowly misses seconds and nothing
piles up for it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import orjson

from pipeline.dashboard.minutes import Filter

TICK_S: Final = 1.0
REST_S: Final = 0.2
"""Between two ticks at least, if making the sections takes long."""
VIEWS: Final = 32
"""Filters that are looked through at once."""

Build = Callable[[Filter, int], Mapping[str, Any]]
"""Filter and time in ms to sections."""


class CrowdedError(Exception):
    """So many filters are looked through already that there is none left."""


class View:
    """What is seen through one filter."""

    def __init__(self) -> None:
        self.watchers = 0
        self.tick = asyncio.Event()
        self.now_ms = 0
        self._sections: dict[str, tuple[int, bytes]] = {}

    def show(self, sections: Mapping[str, Any], now_ms: int) -> None:
        """Put new sections in, and wake who waits."""
        for name, section in sections.items():
            told = orjson.dumps(section)
            version, before = self._sections.get(name, (0, b""))
            if told != before:
                self._sections[name] = version + 1, told
        self.now_ms = now_ms
        self.tick.set()
        self.tick = asyncio.Event()

    def since(self, seen: dict[str, int]) -> bytes:
        """A JSON object of time and sections that `seen` does not have in their version; brings it up to date."""
        parts = []
        for name, (version, told) in self._sections.items():
            if seen.get(name) != version:
                seen[name] = version
                parts.append(b'"%b":%b' % (name.encode(), told))
        return b'{"now_ms":%d,"sections":{%b}}' % (self.now_ms, b",".join(parts))


class Hub:
    """All views."""

    def __init__(self, build: Build) -> None:
        """Nobody looks yet."""
        self._build = build
        self._views: dict[Filter, View] = {}

    @property
    def watchers(self) -> int:
        """How many pages are open."""
        return sum(view.watchers for view in self._views.values())

    async def run(self) -> None:
        """Show what is new, once a second, until cancelled."""
        while True:
            began = time.monotonic()
            for where, view in list(self._views.items()):
                self._show(where, view)
                await asyncio.sleep(0)
            await asyncio.sleep(max(REST_S, TICK_S - (time.monotonic() - began)))

    @contextmanager
    def watch(self, where: Filter) -> Iterator[View]:
        """A view for as long as the context lasts, with something in it.

        Raises:
            CrowdedError: there are too many.
        """
        view = self._views.get(where)
        if view is None:
            if len(self._views) >= VIEWS:
                raise CrowdedError("too many different filters are open at once; close some pages")
            view = self._views[where] = View()
            self._show(where, view)
        view.watchers += 1
        try:
            yield view
        finally:
            view.watchers -= 1
            if not view.watchers:
                del self._views[where]

    def _show(self, where: Filter, view: View) -> None:
        now_ms = time.time_ns() // 1_000_000
        view.show(self._build(where, now_ms), now_ms)


async def updates(view: View) -> AsyncIterator[bytes]:
    """What a page that opens gets: everything, and then what changes."""
    seen: dict[str, int] = {}
    while True:
        tick = view.tick
        yield view.since(seen)
        await tick.wait()
