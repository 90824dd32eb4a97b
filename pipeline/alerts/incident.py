"""An incident, and what happens to it."""

import hashlib
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from pipeline.alerts.evidence import Evidence
from pipeline.alerts.statistic import TINY
from pipeline.alerts.thresholds import Hot

SAMPLES: Final = 5
"""RequestIds that are kept: enough to look at, too few to be a list of users."""

JOIN_MIN: Final = 15
"""What becomes hot at a bank this soon after an incident there belongs to it: the slowest outage to be found with many
codes shows its second code about 10 minutes after its first."""

SPARED: Final = 2
"""So many incidents of one name in a row may end as soon as it shows that they are over. The next is one that comes and
goes, and is over after JOIN_MIN without it: nobody is to be woken every few minutes of a night."""


MAINTENANCE: Final = "maintenance"
"""Why an incident ends whose banks are under maintenance. What is still wrong afterwards is told anew."""


WIDE: Final = "part of a Flinks-wide incident"
"""Why an incident ends that goes on as another one."""


class Finding(msgspec.Struct, frozen=True):
    """The window that shows best what is the matter with a series."""

    nats: float
    needed: float
    failures: int
    attempts: int
    expected: float
    spread: float
    """Standard deviation of the baseline's log-odds."""
    minutes: int
    at: int
    """Its end, in minutes since 1970."""

    @property
    def share(self) -> float:
        """Of attempts that fail."""
        return self.failures / (self.attempts + TINY)


class Incident(msgspec.Struct):
    """Trouble that is one. `institution` and `code` are those of its beginning, and stay."""

    id: str
    institution: str
    code: str
    wide: bool
    """Whether it is Flinks-wide."""
    opened: int
    """When it was decided, in minutes since 1970."""
    started: int
    """Where the window begins that decided it."""
    page: bool
    members: dict[int, Finding]
    """By number of the series."""
    codes: list[str]
    finding: Finding
    """The one that tells most."""
    silent: bool = False
    """Whether it is that nobody comes."""
    affected: list[str] = []
    """Of a Flinks-wide one, the institutions that it met; those of the members are all that ever had a code."""
    listed: int = 0
    """How many of them the last revision told."""
    samples: list[str] = []
    revision: int = 1
    in_a_row: int = 1
    """How many of its name there were, each soon after the one before, with this one."""
    well_since: int | None = None
    """Since when it could be over."""


class Ended(msgspec.Struct, frozen=True):
    """What is remembered of an incident for a while after its end."""

    institution: str
    code: str
    at: int
    in_a_row: int


class Change(msgspec.Struct, frozen=True):
    """What happened to an incident. It is a snapshot: the incident in it is not changed any more."""

    at: int
    state: Literal["firing", "updated", "resolved"]
    incident: Incident
    reason: str


Key = TypeVar("Key")
Open: TypeAlias = dict[tuple[str, str], Incident]
"""Those that are open, by institution and code."""


def ended(ongoing: dict[Key, Incident], at: int, key: Key, reason: str) -> Change:
    """Close one."""
    incident = ongoing.pop(key)
    incident.revision += 1
    return Change(at, "resolved", incident, reason)


def snapshots(changes: list[Change]) -> list[Change]:
    """The changes with copies of the incidents in them."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(changes), type=list[Change])


def incident_id(institution: str, code: str, at: int) -> str:
    """Deterministic: the same input gives the same ids."""
    return hashlib.sha256(f"{institution}\n{code}\n{at}".encode()).hexdigest()[:32]


def finding(evidence: Evidence, hot: Hot, enough: float, at: int, width_min: int) -> Finding:
    place = hot.horizon, hot.series
    return Finding(
        nats=hot.nats,
        needed=enough,
        failures=int(evidence.failures[place]),
        attempts=int(evidence.attempts[place]),
        expected=float(evidence.expected[place]),
        spread=float(evidence.unsure[place] ** 0.5),
        minutes=int(evidence.buckets[hot.horizon]) * width_min,
        at=at,
    )
