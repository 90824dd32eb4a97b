"""Results that wait for the next checkpoint."""

from pipeline.flinks.event import Unusable
from pipeline.flinks.rejection import rejection
from pipeline.sessions.closing import Emission
from pipeline.sessions.settings import Topics

_Records = list[tuple[bytes | None, bytes]]


class Outbox:
    """Records for the topics of sessions, visits and rejected events, in order of emission."""

    def __init__(self, topics: Topics, partition: int) -> None:
        """An empty one; `partition` is where the events come from."""
        self._topics = topics
        self._partition = partition
        self._sessions: _Records = []
        self._visits: _Records = []
        self._rejected: _Records = []

    def __len__(self) -> int:
        return len(self._sessions) + len(self._visits) + len(self._rejected)

    def emit(self, emission: Emission) -> None:
        """Put a session's or a visit's result in."""
        results = self._visits if emission.session is None else self._sessions
        results.append((emission.key.encode(), emission.value))

    def reject(self, verdict: Unusable, offset: int, append_ms: int, value: bytes | None) -> None:
        """Put in what is told of a record that can not be used."""
        record = rejection(
            verdict.reason,
            verdict.detail,
            topic=self._topics.events,
            partition=self._partition,
            offset=offset,
            append_ms=append_ms,
            value=value,
        )
        self._rejected.append((None, record))

    def take(self) -> dict[str, _Records]:
        """Everything by topic; the outbox is empty then."""
        topics = self._topics
        found = {topics.sessions: self._sessions, topics.visits: self._visits, topics.rejected: self._rejected}
        self._sessions, self._visits, self._rejected = [], [], []
        return {topic: records for topic, records in found.items() if records}
