"""A webhook of one's own, signed as https://www.standardwebhooks.com says, for which most languages have libraries."""

import base64
import hmac
import time
from hashlib import sha256

from aiohttp import ClientSession

from pipeline.alerts.alert import Alert, write
from pipeline.alerts.notify.receiver import post


class Webhook:
    """POSTs the record of flinks.alerts as it is.

    Headers: webhook-id (the same when it comes again), webhook-timestamp (seconds since 1970) and, with a secret,
    webhook-signature: `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body with dots between.
    """

    name = "webhook"

    def __init__(self, url: str, secret: bytes | None = None) -> None:
        """With a secret requests are signed."""
        self._url = url
        self._secret = secret

    async def send(self, session: ClientSession, delivery: str, alert: Alert) -> None:
        """As Receiver says."""
        body = write(alert)
        timestamp = str(int(time.time()))
        headers = {"content-type": "application/json", "webhook-id": delivery, "webhook-timestamp": timestamp}
        if self._secret is not None:
            headers["webhook-signature"] = signature(self._secret, delivery, timestamp, body)
        await post(session, self._url, data=body, headers=headers)


def signature(secret: bytes, delivery: str, timestamp: str, body: bytes) -> str:
    """The header of a request with this body."""
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, sha256)).decode()
