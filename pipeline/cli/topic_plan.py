"""Which topics there are, and with which settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DAY_MS: Final = 24 * 60 * 60 * 1000
PARTITIONS: Final = 12
"""Of new topics: so many workers can share the work. It can not be changed later, for keys would move."""
REPLICATION: Final = 3
"""Of new topics, where there are as many brokers."""

CHANGELOG: Final = {
    "cleanup.policy": "compact",
    # A restore reads what the cleaner has not taken yet, so it has to come often. It never touches the segment
    # that is being written: hence short ones.
    "segment.ms": str(60_000),
    "segment.bytes": str(32 << 20),
    "min.cleanable.dirty.ratio": "0.1",
    "max.compaction.lag.ms": str(120_000),
    "delete.retention.ms": str(300_000),
}


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The names of all topics under one prefix."""

    prefix: str

    @property
    def events(self) -> str:
        return f"{self.prefix}events"

    @property
    def sessions(self) -> str:
        return f"{self.prefix}sessions"

    @property
    def visits(self) -> str:
        return f"{self.prefix}visits"

    @property
    def rejected(self) -> str:
        return f"{self.prefix}rejected"

    @property
    def counts(self) -> str:
        return f"{self.prefix}counts"

    @property
    def alerts(self) -> str:
        return f"{self.prefix}alerts"

    @property
    def webhooks(self) -> str:
        """Which webhooks came: between collectors."""
        return f"{self.prefix}webhooks"

    @property
    def alerts_changelog(self) -> str:
        return f"{self.prefix}alerts-changelog"

    @property
    def changelog(self) -> str:
        return f"{self.prefix}sessions-changelog"

    @property
    def told(self) -> list[str]:
        """Those that are for others to read."""
        return [self.events, self.sessions, self.visits, self.counts, self.alerts, self.rejected]

    @property
    def all(self) -> list[str]:
        topics = [self.events, self.sessions, self.visits, self.rejected, self.changelog]
        return [*topics, self.counts, self.alerts, self.alerts_changelog, self.webhooks]


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic as it has to be."""

    name: str
    partitions: int
    replication: int
    """Of a new topic."""
    required: Mapping[str, str]
    """Settings that an existing topic must have, too."""
    initial: Mapping[str, str] = field(default_factory=dict)
    """Settings of a new topic; whoever runs the broker may change them."""


def plan_topics(names: TopicNames, *, partitions: int, replication: int) -> list[TopicPlan]:
    """All topics, as they have to be.

    Times of records are the broker's (LogAppendTime): Kafka deletes segments by them, and an event's own time may be
    anything.
    """
    # One replica may be away without stopping writes, and all but one have what was acknowledged.
    safety = {"min.insync.replicas": str(max(1, replication - 1))}
    times = {"message.timestamp.type": "LogAppendTime"}
    kept = times | {"cleanup.policy": "delete"}
    day, week, month = ({"retention.ms": str(days * DAY_MS)} | safety for days in (1, 7, 30))
    return [
        TopicPlan(names.events, partitions, replication, kept, week),
        TopicPlan(names.sessions, partitions, replication, kept, month),
        TopicPlan(names.visits, partitions, replication, kept, month),
        TopicPlan(names.rejected, partitions, replication, kept, month),
        TopicPlan(names.changelog, partitions, replication, times | CHANGELOG, safety),
        # One partition: what all institutions have is looked at together, and it is little.
        TopicPlan(names.counts, 1, replication, kept, month),
        TopicPlan(names.alerts, 1, replication, kept, month),
        TopicPlan(names.alerts_changelog, 1, replication, times | CHANGELOG, safety),
        # Ids alone, and each collector reads them all.
        TopicPlan(names.webhooks, 1, replication, kept, day),
    ]
