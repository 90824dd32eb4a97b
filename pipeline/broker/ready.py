"""Whether a broker that has started can be worked with."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

POLL_S = 0.02
WATCH_S = 0.2


def wait_until_ready(host: str, port: int, deadline: float, check_alive: Callable[[], None]) -> None:
    """Return once the broker has acknowledged a write.

    The write is the registration of a transactional producer, in the broker's own transaction log. It leaves no
    topic behind, and what every worker needs first, the transaction coordinator, is up with it. May be called with
    or without a running event loop; blocks.

    Args:
        host: where the broker listens.
        port: where the broker listens.
        deadline: in the time of time.monotonic.
        check_alive: called many times a second; raises when waiting has become pointless.

    Raises:
        TimeoutError: not ready at the deadline.
    """
    while not _listens(host, port):
        check_alive()
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(POLL_S)
    with ThreadPoolExecutor(1) as executor, _silence("aiokafka"):
        executor.submit(asyncio.run, _write(f"{host}:{port}", deadline, check_alive)).result()


async def _write(bootstrap: str, deadline: float, check_alive: Callable[[], None]) -> None:
    writing = asyncio.create_task(_register(bootstrap))
    try:
        while not (await asyncio.wait([writing], timeout=WATCH_S))[0]:
            check_alive()
            if time.monotonic() > deadline:
                raise TimeoutError
        writing.result()
    finally:
        writing.cancel()


async def _register(bootstrap: str) -> None:
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import KafkaError

    while True:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="ready", retry_backoff_ms=20)
        try:
            await producer.start()
        except (KafkaError, AssertionError):  # aiokafka asserts that a broker it has just found knows itself
            await asyncio.sleep(POLL_S)
        else:
            return
        finally:
            await producer.stop()


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _silence(name: str) -> Iterator[None]:
    """A broker that is still starting is not worth a warning."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
