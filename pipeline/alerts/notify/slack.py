"""An incoming webhook of Slack, or of Mattermost, Rocket.Chat, Discord (with /slack) and others that take the same."""

from aiohttp import ClientSession

from pipeline.alerts.alert import Alert
from pipeline.alerts.notify.receiver import dated, post

_HEADS = {"firing": "\N{LARGE RED CIRCLE}", "updated": "\N{LARGE ORANGE CIRCLE}", "resolved": "\N{LARGE GREEN CIRCLE}"}


class Slack:
    """Sends a text of a few lines; ids never go there."""

    name = "slack"

    def __init__(self, url: str) -> None:
        """The URL is a secret: whoever has it can write to the channel."""
        self._url = url

    async def send(self, session: ClientSession, delivery: str, alert: Alert) -> None:  # noqa: ARG002  # has no place
        """As Receiver says."""
        await post(session, self._url, json={"text": text(alert)})


def text(alert: Alert) -> str:
    """What is said of an incident, in Slack's markup."""
    lines = [f"{_HEADS[alert.state]} *{alert.state.capitalize()}* ({alert.severity}): {_plain(dated(alert))}"]
    if alert.state != "resolved" and alert.action:
        lines.append(_plain(alert.action))
    if alert.runbook_url:
        lines.append(f"<{alert.runbook_url}|Runbook>")
    return "\n".join(lines)


def _plain(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
