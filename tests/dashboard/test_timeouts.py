"""Clients that vanish, or never say what they want."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from pipeline.dashboard import hub, server, timeouts
from pipeline.dashboard.access import Access, AccessSettings
from pipeline.dashboard.hub import Hub
from pipeline.dashboard.search import Search
from pipeline.dashboard.server import PageServer

WITHIN_S = 60
SHORT_S = 0.3
TOKEN = "a token of a page"  # noqa: S105  # made up
STREAM = b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF_A_BODY = b"Host: localhost\r\nContent-Type: %b\r\nContent-Length: 20\r\n\r\n{"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE_S", SHORT_S)
    monkeypatch.setattr(timeouts, "BODY_S", SHORT_S)
    monkeypatch.setattr(timeouts, "GONE_S", SHORT_S)
    monkeypatch.setattr(hub, "TICK_S", SHORT_S / 10)
    monkeypatch.setattr(hub, "REST_S", SHORT_S / 10)


@asynccontextmanager
async def served(pages: Hub, settings: AccessSettings | None = None) -> AsyncIterator[int]:
    """The port of a page without Kafka."""
    access = Access(settings or AccessSettings())
    page = await PageServer(pages, Search(()), access, host="127.0.0.1", port=0).start()
    showing = asyncio.create_task(pages.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            yield page.port
    finally:
        showing.cancel()
        await page.stop()


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  # nobody sets an event for it
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: loc", b"GET /icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n"]
)
def test_no_request(said: bytes) -> None:
    """None, half of one, and none after the first: the connection ends."""

    async def run() -> None:
        async with served(Hub(lambda _, __: {})) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            await reader.read()
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "form", "settings"),
    [
        (b"/session", b"application/json", AccessSettings()),
        (b"/login", b"application/x-www-form-urlencoded", AccessSettings(token=TOKEN)),
    ],
)
def test_half_a_body(path: bytes, form: bytes, settings: AccessSettings) -> None:
    """Is not waited for."""

    async def run() -> None:
        async with served(Hub(lambda _, __: {}), settings) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST %b HTTP/1.1\r\n" % path + HALF_A_BODY % form)
            assert (await reader.readline()).split()[1] == b"408"
            writer.close()

    asyncio.run(run())


def test_a_stream_stays_open() -> None:
    """Though its reader asks for nothing more."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        async with served(Hub(lambda _, __: {})) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(STREAM)
            end = loop.time() + 5 * SHORT_S
            while loop.time() < end:
                assert await reader.readline()
            writer.close()

    asyncio.run(run())


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel gives up after a time of its own")
def test_a_reader_who_takes_nothing() -> None:
    """Is gone, as far as can be known, and nobody writes for him any more."""

    async def run() -> None:
        pages = Hub(lambda _, now_ms: {"much": f"{now_ms}" * 20_000})
        async with served(pages) as port:
            with socket.create_connection(("127.0.0.1", port)) as reader:
                reader.sendall(STREAM)
                await until(lambda: pages.watchers == 1)
                await until(lambda: pages.watchers == 0)

    asyncio.run(run())
