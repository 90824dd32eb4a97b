"""Who is told of incidents, by options and secrets."""

import base64
import binascii
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from pipeline.alerts.notify.receiver import Receiver
from pipeline.alerts.notify.slack import Slack
from pipeline.alerts.notify.webhook import Webhook
from pipeline.cli.failures import Failure
from pipeline.cli.secret import SecretError, read_secret

_ENCODED = "whsec_"
"""How Standard Webhooks mark a secret that is base64."""


def read_receivers(webhook: str | None, environment: Mapping[str, str] = os.environ) -> list[Receiver]:
    """The webhook and Slack, as far as they are configured.

    Raises:
        Failure: a secret can not be read, or a URL is none.
    """
    receivers: list[Receiver] = []
    try:
        secret = read_secret("WEBHOOK_SECRET", environment)
        slack = read_secret("SLACK_URL", environment)
    except SecretError as error:
        raise Failure(str(error)) from None
    if webhook is not None:
        check_url(webhook, "--webhook")
        receivers.append(Webhook(webhook, _key(*secret) if secret else None))
    elif secret is not None:
        raise Failure(f"{secret[1]} is set, and there is no --webhook to sign for")
    if slack is not None:
        check_url(*slack)
        receivers.append(Slack(slack[0]))
    return receivers


def check_url(url: str, named: str) -> None:
    """Complain of what can not be a URL now, and not at the first incident.

    Raises:
        Failure: it is none; says where it was `named`.
    """
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise Failure(f"{named} is no URL, as https://example.com/path is one")


def _key(secret: str, where: str) -> bytes:
    if not secret.startswith(_ENCODED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
    except binascii.Error:
        raise Failure(f"{where} begins with {_ENCODED}, and what follows is not base64") from None
