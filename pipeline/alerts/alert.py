"""One record of flinks.alerts: an incident as it is now."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

Kind = Literal["outage", "code_spike", "no_completion", "user_error_surge", "silence", "backlog", "identity_loss"]
State = Literal["firing", "updated", "resolved"]
Severity = Literal["page", "ticket"]


class Alert(Struct, frozen=True):
    """An incident at one revision; times are RFC 3339, unknown is null."""

    v: Literal[1]
    id: str
    """Of the incident; the same however often it is worked out."""
    revision: int
    """1 for the first; the highest is what holds."""
    kind: Kind
    state: State
    started_at: str
    """When the trouble began, as far as the counts tell."""
    updated_at: str
    """The end of the minute that decided this revision."""
    ended_at: str | None
    institution: str
    """`*` for many of them."""
    institutions: list[str]
    code: str
    """`*` for any."""
    codes: list[str]
    severity: Severity
    observed: float
    expected: float
    unit: str
    """What those two are, such as "share of attempts" or "attempts in 20 min"."""
    visits: int
    """Distinct visits that met it, a visit once a code and minute."""
    score: float
    """How sure it is: nats of evidence against chance."""
    summary: str
    """One sentence that a tired person understands."""
    action: str
    """What to do about it."""
    runbook_url: str | None
    sample_request_ids: list[str]
    """At most 5, for Flinks' support; they are on the topic and in webhooks, and nowhere else."""


read: Final = msgspec.json.Decoder(Alert).decode
write: Final = msgspec.json.Encoder().encode
