"""What must go on in the background: when one of it ends, so does what is done meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Guards:
    """A context manager; what still runs at its end is cancelled."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await cancelled(*self._tasks)

    def add(self, guard: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it; it is to end by an exception only, or by being cancelled."""
        task = asyncio.create_task(guard)
        self._tasks.add(task)
        return task

    async def during(
        self, work: Coroutine[Any, Any, T], *, show: Callable[[], None] = lambda: None, every_s: float | None = None
    ) -> T:
        """Do `work` and return its result, calling `show` meanwhile.

        Raises:
            Exception: that of the work, or of a guard; then the work is cancelled first.
        """
        doing = asyncio.create_task(work)
        try:
            while not doing.done():
                await asyncio.wait({doing, *self._tasks}, timeout=every_s, return_when=asyncio.FIRST_COMPLETED)
                for guard in self._tasks:
                    if guard.done():
                        guard.result()
                show()
            return doing.result()
        finally:
            await cancelled(doing)


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their end, however it is."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
