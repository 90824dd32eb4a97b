"""How long the server waits for clients: those that vanish do not say goodbye."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

IDLE_S: Final = 75.0
"""For a connection's next request, until it is whole but for its body. Proxies keep connections for a minute."""
BODY_S: Final = 10.0
"""For the body of a request, which is short."""
GONE_S: Final = 30.0
"""For a client to take what it is sent. One that sleeps comes back by itself."""


@asynccontextmanager
async def body_in_time() -> AsyncIterator[None]:
    """Answer 408 if what is read within does not come."""
    try:
        async with asyncio.timeout(BODY_S):
            yield
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def drop_when_gone(request: web.Request) -> None:
    """Have the kernel do so, which knows what has arrived; where it can not, it gives up after a time of its own."""
    connection = request.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(GONE_S * 1000))
