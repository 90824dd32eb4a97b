"""Running an engine's Faust app inside an event loop of ours."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.engine import Engine, EngineError

log = logging.getLogger(__name__)

STOP_S = 4.5
"""A clean stop takes less; then what hangs is left to the next start, which ends its transaction."""
YOUNG_OBJECTS = 100_000


class EngineStoppedError(EngineError):
    """The Faust app ended by itself."""


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[None]:
    """The engine runs inside; afterwards it has made its last checkpoint and left the group."""
    app = engine.app
    app.loop = asyncio.get_running_loop()
    try:
        await app.start()
        yield
    finally:
        try:
            async with asyncio.timeout(STOP_S):
                await app.stop()
        except TimeoutError:
            log.warning(
                "not stopped within %.1f s, and left as it is: nothing is lost, the next start cleans up", STOP_S
            )


async def until_stopped(engine: Engine, stop: asyncio.Event) -> None:
    """Wait for `stop`.

    Raises:
        Exception: why the engine failed, if it does so before.
    """
    await engine.app.wait_first(stop.wait())
    if engine.failure is not None:
        raise engine.failure
    if not stop.is_set():
        raise EngineStoppedError(f"the engine ended by itself: {engine.app.crash_reason!r}")


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set; the second of them ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    return stop


def spare_the_collector() -> None:
    """Let the garbage collector leave alone what lives as long as the process, and come less often.

    Open sessions are millions of objects without cycles. With Python's own thresholds the collector goes over them
    again and again, which took more time than reading an event.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 50, 1000)
