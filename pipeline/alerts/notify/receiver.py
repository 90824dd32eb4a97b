"""What a receiver of single notifications is."""

from typing import Protocol

from aiohttp import ClientSession, ClientTimeout

from pipeline.alerts.alert import Alert

TIMEOUT = ClientTimeout(total=10)
"""For one try; a receiver that takes longer is tried again."""


class RefusedError(Exception):
    """A receiver answered with something else than 2xx; says the status, and nothing of URL or body."""


class Receiver(Protocol):
    """Somewhere to which each revision of an incident is sent once it is committed."""

    name: str
    """For metrics and logs; never the URL, which may be a secret."""

    async def send(self, session: ClientSession, delivery: str, alert: Alert) -> None:
        """Send it once.

        Args:
            session: To send it with.
            delivery: An id that is the same when it is sent again.
            alert: What to tell.

        Raises:
            RefusedError: it was not taken.
            aiohttp.ClientError, TimeoutError: it was not reached.
        """
