"""Who is told of incidents, by options and secrets."""

import os
from collections.abc import Mapping

from pipeline.alerts.notify.receiver import Receiver
from pipeline.alerts.notify.slack import Slack
from pipeline.alerts.notify.webhook import Webhook
from pipeline.cli.failures import Failure
from pipeline.cli.secret import SecretError, read_secret


def read_receivers(webhook: str | None, environment: Mapping[str, str] = os.environ) -> list[Receiver]:
    """The webhook and Slack, as far as they are configured.

    Raises:
        Failure: a secret can not be read.
    """
    receivers: list[Receiver] = []
    try:
        secret = read_secret("WEBHOOK_SECRET", environment)
        slack = read_secret("SLACK_URL", environment)
    except SecretError as error:
        raise Failure(str(error)) from None
    if webhook is not None:
        receivers.append(Webhook(webhook, secret[0].encode() if secret else None))
    elif secret is not None:
        raise Failure(f"{secret[1]} is set, and there is no --webhook to sign for")
    if slack is not None:
        receivers.append(Slack(slack[0]))
    return receivers
