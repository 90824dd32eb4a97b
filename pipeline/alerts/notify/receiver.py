"""What a receiver of single notifications is."""

from typing import Any, Final, Protocol

from aiohttp import ClientSession, ClientTimeout

from pipeline.alerts.alert import Alert

TIMEOUT: Final = ClientTimeout(total=10)
"""For one try; a receiver that takes longer is tried again."""
_OK: Final = range(200, 300)
_REFUSED: Final = range(400, 500)
_NOT_FOR_GOOD: Final = frozenset({401, 403, 408, 425, 429})
"""Whose secret has changed, or who is busy, takes the same once that is mended."""


class RefusedError(Exception):
    """A receiver answered with something else than 2xx; says the status, and nothing of URL or body."""

    def __init__(self, status: int, retry_after: str = "") -> None:
        """`retry_after` is the header; a date in it is passed over."""
        super().__init__(f"HTTP {status}")
        self.wait_s = float(retry_after) if retry_after.isdecimal() else 0.0
        """So long the receiver wants to be left alone."""
        self.is_final = status in _REFUSED and status not in _NOT_FOR_GOOD
        """Whether the same will be refused again."""


async def post(session: ClientSession, url: str, **what: Any) -> None:
    """POST once. A redirect is no delivery: followed, most of them become a GET, which tells nobody anything.

    Raises:
        RefusedError: it was not taken.
        aiohttp.ClientError, TimeoutError: it was not reached.
    """
    async with session.post(url, timeout=TIMEOUT, allow_redirects=False, **what) as answer:
        if answer.status not in _OK:
            raise RefusedError(answer.status, answer.headers.get("retry-after", ""))


def dated(alert: Alert) -> str:
    """The summary, and when it was: who was away for a while, or is told after hours, is told of the past."""
    begun, over = (time and f"{time[:10]} {time[11:16]} UTC" for time in (alert.started_at, alert.ended_at))
    return f"{alert.summary} {f'From {begun} to {over}.' if over else f'Since {begun}.'}"


def why(error: Exception) -> str:
    """What went wrong, for the log: other errors' own words may hold the URL, which may be a secret."""
    return str(error) if isinstance(error, RefusedError) else type(error).__name__


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
