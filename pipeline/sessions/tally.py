"""What one checkpoint has to count once it is committed. Labels are bounded, ids are never among them."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Numbers for metrics; apply them after the commit."""

    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(source, kind); every event that could be read."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Reason."""
    sessions: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)
    """(app, kind, institution, outcome, failure class or "none") of first revisions."""
    visits: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(app, institution, "true" or "false" for converted) of first revisions."""
    retried_visits: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The same of visits with more than one attempt."""
    code_visits: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(app, institution, code): a visit counts once per code and minute of event time."""
    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(app, institution)."""
    stage_sessions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(institution, stage) of first revisions of connect sessions."""
    stage_ms: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(institution, stage): how long those sessions took from their start, added up."""
    revisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(outcome before, outcome now) of sessions whose revision changed the outcome."""
    time_to_connect_ms: list[int] = field(default_factory=list)
    """Of first revisions of connect sessions that were completed."""
    over_cap: int = 0
    """Events that a full window did not keep."""
    duplicates: int = 0
    """Copies of events that were kept."""
    client_delay_ms: list[int] = field(default_factory=list)
    """A sample: from the event's own time to its receipt, 0 if its clock is ahead."""
    received_ms: list[int] = field(default_factory=list)
    """A sample: when events were received; to the time of the commit it is the pipeline's delay."""
