"""What was told of one app and institution between two checkpoints, to be counted once it is committed."""

from collections import Counter

from pipeline.flinks.catalogue import STAGES
from pipeline.sessions.journey import Journey
from pipeline.sessions.session import Session
from pipeline.sessions.tally import Tally

_NO_CLASS = "none"


class ResultCounts:
    """First revisions of sessions and visits."""

    __slots__ = ("_sessions", "_stage_ms", "_stages", "_time_to_connect_ms", "_visits")

    def __init__(self) -> None:
        self._sessions: Counter[tuple[bool, str, str | None]] = Counter()
        """By whether the browser took part, outcome and failure class."""
        self._stages = [0] * len(STAGES)
        """Sessions that reached each stage."""
        self._stage_ms = [0] * len(STAGES)
        """How long those took from their start, added up."""
        self._time_to_connect_ms: list[int] = []
        self._visits: Counter[tuple[bool, bool]] = Counter()
        """By whether they converted and whether anything was tried again."""

    def session(self, session: Session) -> None:
        """Count a session."""
        script = session.script
        self._sessions[script.connect, script.outcome, script.failure_class] += 1
        told_ms = session.told_ms
        start_ms = told_ms[0]
        stages, stage_ms = self._stages, self._stage_ms
        for stage, time_ms in zip(script.stages, told_ms[2:], strict=True):
            stages[stage] += 1
            stage_ms[stage] += time_ms - start_ms
        if (connected_ms := session.time_to_connect_ms) is not None:
            self._time_to_connect_ms.append(connected_ms)

    def visit(self, journey: Journey) -> None:
        """Count a visit."""
        self._visits[journey.converted, journey.retried] += 1

    def add_to(self, tally: Tally, app: str, institution: str) -> None:
        """Add all of it under these labels."""
        for (connect, outcome, failure_class), number in self._sessions.items():
            kind = "connect" if connect else "data"
            tally.sessions[app, kind, institution, outcome, failure_class or _NO_CLASS] += number
        for stage, number, stage_ms in zip(STAGES, self._stages, self._stage_ms, strict=True):
            if number:
                tally.stage_sessions[institution, stage] += number
                tally.stage_ms[institution, stage] += stage_ms
        tally.time_to_connect_ms += self._time_to_connect_ms
        for (converted, retried), number in self._visits.items():
            label = app, institution, "true" if converted else "false"
            tally.visits[label] += number
            if retried:
                tally.retried_visits[label] += number
