"""What is told of an incident: a record of flinks.alerts."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from pipeline.alerts.alert import Alert, Kind
from pipeline.alerts.bucket import ANY, BACKLOG, NO_COMPLETION, NO_REQUEST_ID
from pipeline.alerts.incident import Change, Incident
from pipeline.alerts.series import SeriesTable, is_users_own, tells_of_outage
from pipeline.alerts.words import action_for, explanation, summary_of, unit_of

OUTAGE_SHARE: Final = 0.5
"""Of attempts that fail: more often than not."""

_KINDS: Final[dict[str, Kind]] = {NO_COMPLETION: "no_completion", BACKLOG: "backlog", NO_REQUEST_ID: "identity_loss"}


class Told(msgspec.Struct, frozen=True):
    """A revision of an incident, and why it is one."""

    alert: Alert
    reason: str
    why: str
    """For whoever doubts it: counts, baseline, scatter, evidence and threshold."""


def tell(change: Change, table: SeriesTable, runbook_url: str | None) -> Told:
    """Put a change into words."""
    incident, found = change.incident, change.incident.finding
    kind = kind_of(incident, table)
    bare = incident.silent or _uncounted(incident, table)
    met = incident.affected or {table.names[series][0] for series in incident.members} or [incident.institution]
    times = (incident.started, change.at, change.at if change.state == "resolved" else None)
    started_at, updated_at, ended_at = (None if time is None else rfc3339(time) for time in times)
    scale = 1.0 if bare else 1 / max(1, found.attempts)
    alert = Alert(
        v=1,
        id=incident.id,
        revision=incident.revision,
        kind=kind,
        state=change.state,
        started_at=started_at or "",
        updated_at=updated_at or "",
        ended_at=ended_at,
        institution=incident.institution,
        institutions=sorted(met),
        code=incident.code,
        codes=sorted(incident.codes),
        severity="page" if incident.page else "ticket",
        observed=round(found.failures * scale, 6),
        expected=round(found.expected * scale, 6),
        unit=unit_of(kind, found, bare=bare),
        visits=found.failures,
        score=round(found.nats, 2),
        summary=summary_of(kind, change, bare=bare),
        action=action_for(kind, incident),
        runbook_url=_runbook(runbook_url, kind) if runbook_url else None,
        sample_request_ids=list(incident.samples),
    )
    return Told(alert, change.reason, explanation(found, bare=bare))


def kind_of(incident: Incident, table: SeriesTable) -> Kind:
    """By its codes: whose failures they are, how many, and how much of the traffic they take."""
    if incident.silent:
        return "silence"
    if incident.code in _KINDS:
        return _KINDS[incident.code]
    outage_codes = sum(map(tells_of_outage, incident.codes))
    if incident.code == ANY or outage_codes > 1:
        return "outage"
    if tells_of_outage(incident.code) and not _uncounted(incident, table) and incident.finding.share >= OUTAGE_SHARE:
        return "outage"
    return "user_error_surge" if is_users_own(incident.code) else "code_spike"


def _runbook(base: str, kind: Kind) -> str:
    """A page of its own, or with a base that ends in # a part of one."""
    return f"{base}{kind}" if base.endswith(("/", "#")) else f"{base}/{kind}"


def _uncounted(incident: Incident, table: SeriesTable) -> bool:
    return any(table.uncounted[table.names[series][0]] for series in incident.members)


def rfc3339(minute: int) -> str:
    """A minute since 1970."""
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
