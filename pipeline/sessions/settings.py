"""What is chosen from outside for a fold of sessions."""

from dataclasses import dataclass

from pipeline.flinks.institutions import INSTITUTIONS


@dataclass(frozen=True, slots=True)
class Topics:
    """Where events come from and results go."""

    events: str = "flinks.events"
    sessions: str = "flinks.sessions"
    visits: str = "flinks.visits"
    rejected: str = "flinks.rejected"
    counts: str = "flinks.counts"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose; results do not depend on it, only what is counted."""

    institutions: tuple[str, ...] = INSTITUTIONS
    """Those with a metric label of their own."""
    include_sandbox: bool = False
    """Count Flinks' make-believe bank like the others."""
