"""What has been committed since `up` began."""

from collections import Counter
from collections.abc import Collection
from typing import Any

import orjson

from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Changes, Observer

REMEMBERED = 500_000
"""Sessions whose outcome may still be revised; far more than come in the hour in which that can happen."""

OUTCOMES = ("completed", "failed", "abandoned", "denied", "expired", "timed_out")


class RunCounts(Observer):
    """Counts the results themselves, whatever institution they are of. A session counts with its latest outcome."""

    def __init__(self, names: TopicNames) -> None:
        self.events = 0
        """Records of the events topic that are done with, the rejected ones among them."""
        self.rejected = 0
        self.visits = 0
        self.sessions: Counter[str] = Counter()
        self.incidents: Collection[str] = ()
        """Ids of those that were found."""
        self._names = names
        self._outcomes: dict[str, str] = {}

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:  # noqa: ARG002
        self.events += records
        results = changes.results
        self.rejected += len(results.get(self._names.rejected, ()))
        for _, value in results.get(self._names.visits, ()):
            self.visits += orjson.loads(value)["revision"] == 1
        for _, value in results.get(self._names.sessions, ()):
            self._count(orjson.loads(value))

    def _count(self, session: dict[str, Any]) -> None:
        session_id, outcome = session["session_id"], session["outcome"]
        before = self._outcomes.pop(session_id, None)
        if before is None and session["revision"] > 1:
            return  # it was told, and counted, before this run
        if before is not None:
            self.sessions[before] -= 1
        self.sessions[outcome] += 1
        self._outcomes[session_id] = outcome
        if len(self._outcomes) > REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]

    def summary(self) -> dict[str, Any]:
        """The contract's JSON line."""
        return {
            "events": self.events,
            "rejected": self.rejected,
            "sessions": {outcome: self.sessions[outcome] for outcome in OUTCOMES},
            "visits": self.visits,
            "alerts": len(self.incidents),
        }
