"""What `up` was asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.simulator.incidents import Incident, parse_incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    broker: str | None
    """None: the one that is started here."""
    kafka_config: Path | None
    topic_prefix: str
    admin_host: str
    admin_port: int
    any_admin_port: bool
    """The port was not asked for: if it is taken, the next one is as good."""
    collector_port: int
    any_collector_port: bool
    """The same of the collector's."""
    dashboard_port: int
    any_dashboard_port: bool
    """The same of the live page's."""
    users_per_minute: float | None
    seed: int | None
    incidents: tuple[Incident, ...]
    seconds: float | None
    """From when all is ready; None: until Ctrl-C."""
    as_json: bool


def read_incidents(specs: Sequence[str]) -> tuple[Incident, ...]:
    """Read --incident; raises IncidentError."""
    return tuple(parse_incident(spec) for spec in specs)
