"""What is said to a tired person."""

from math import exp
from typing import Final

from pipeline.alerts.bucket import ANY
from pipeline.alerts.incident import MAINTENANCE, WIDE, Change, Finding, Incident
from pipeline.flinks.catalogue import CATALOGUE

_WHAT: Final = {
    "outage": "logins fail",
    "code_spike": "{code} is much more frequent than usual",
    "user_error_surge": "many more users than usual meet {code}",
    "no_completion": "logins begin and do not complete",
    "silence": "nobody comes, though by the hour many should",
    "backlog": "data requests wait nearly 30 minutes, when Flinks gives up on them",
    "identity_loss": "a rising share of events has no requestId",
}

_ACTION: Final = {
    "outage": "Tell users to try later. Look at Flinks' status page and the bank's, then open a ticket with Flinks.",
    "code_spike": "Look up the code, then the samples' sessions; ask Flinks if it goes on.",
    "user_error_surge": "Log in at the bank yourself: its login page may have changed. If so, tell Flinks.",
    "no_completion": "Go through a login yourself and see where it stops; then ask Flinks with the samples.",
    "silence": "Open the page that embeds Flinks Connect, then see whether the collector gets anything.",
    "backlog": "See whether Flinks' webhooks arrive, and ask Flinks about the samples.",
    "identity_loss": "See whether a release of the page or of Flinks Connect changed its messages.",
}

_END: Final = {
    MAINTENANCE: " Maintenance has begun: until its end nothing more is told.",
    WIDE: " It goes on as part of a Flinks-wide incident.",
}

_OF: Final = {"backlog": "data requests", "identity_loss": "events"}
"""What a signal is a share of, if not of attempts."""


def summary_of(kind: str, change: Change, *, bare: bool) -> str:
    """One sentence."""
    incident, found = change.incident, change.incident.finding
    where = incident.institution
    if where == ANY:
        where = f"{len(incident.affected)} banks" if incident.affected else "Everywhere"
    what = _WHAT[kind].format(code=incident.code)
    if kind == "silence":
        numbers = f"nothing in {found.minutes} min, where {found.expected:.0f} are usual"
    elif bare:
        numbers = f"{found.failures} in {found.minutes} min, where {found.expected:.1f} are usual"
    else:
        usual = found.expected / max(1, found.attempts)
        numbers = (
            f"{found.failures} of {found.attempts} in {found.minutes} min ({found.share:.0%}), usually {usual:.1%}"
        )
    return f"{where}: {what}; {numbers}.{_end(change)}"


def _end(change: Change) -> str:
    if change.state != "resolved":
        return ""
    return _END.get(change.reason, f" It is over: {change.reason}.")


def unit_of(kind: str, found: Finding, *, bare: bool) -> str:
    """Of what was observed and expected."""
    if kind == "silence":
        return f"attempts in {found.minutes} min"
    return f"errors in {found.minutes} min" if bare else f"share of {_OF.get(kind, 'attempts')}"


def action_for(kind: str, incident: Incident) -> str:
    """What to do first."""
    entry = CATALOGUE.get(incident.code)
    advice = f" {incident.code}: {entry.in_browser.advice}" if entry else ""
    return _ACTION[kind] + advice


def explanation(found: Finding, *, bare: bool) -> str:
    """Why the alert fired, in numbers."""
    of = "" if bare else f" of {found.attempts:,} attempts"
    factor = exp(found.spread)
    return (
        f"{found.failures:,} failures{of} in {found.minutes} min; the baseline expects {found.expected:.2f}, "
        f"give or take a factor of {factor:.2f}; "
        f"evidence {found.nats:.1f} nats, {found.needed:.1f} needed"
    )
