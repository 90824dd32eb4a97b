"""What really happened in each session, kept while the user acts it out."""

from typing import Any, Final

from pipeline.simulator.names import (
    ACCEPTS,
    CLASS_OF,
    DENIALS,
    RETRIES,
    STAGE_OF,
    STAGES,
    failure_class,
    is_failure,
)
from pipeline.simulator.timing import stamp

_ORDER: Final = {stage: place for place, stage in enumerate(STAGES)}


class Session:
    """The truth of one session: what the user did under one requestId, in the order they did it.

    The journey says to which session each thing belongs, so nothing is worked out here but sums
    and the ending: connected, else denied, else the last failure, else nothing.
    Times are milliseconds since 1970, as told by the events.
    """

    __slots__ = (
        "app",
        "attempt",
        "browser",
        "codes",
        "connect_session_id",
        "connected_ms",
        "denied",
        "ended_ms",
        "environment",
        "events",
        "failure",
        "institution",
        "journey",
        "late",
        "mfa_types",
        "platform",
        "release",
        "request_id",
        "retries",
        "stages",
        "started_ms",
        "unanswered",
    )

    def __init__(self, connect_session_id: str | None, *, browser: bool) -> None:
        """Begin without a requestId; `browser` tells a connect session from a data session."""
        self.connect_session_id = connect_session_id
        self.browser = browser
        self.request_id: str | None = None
        self.journey = ""
        self.attempt = 1
        self.late = False
        self.institution: str | None = None
        self.app: str | None = None
        self.environment: str | None = None
        self.platform: str | None = None
        self.release: str | None = None
        self.started_ms = -1
        self.ended_ms = -1
        self.connected_ms: int | None = None
        self.denied = False
        self.unanswered = False
        self.failure: tuple[str, str] | None = None
        self.retries = 0
        self.events = 0
        self.mfa_types: list[str] = []
        self.codes: dict[str, int] = {}
        self.stages: dict[str, int] = {}

    def note(self, name: str, at_ms: int, institution: str | None) -> None:
        """Count one event of this session."""
        self.events += 1
        if self.started_ms < 0:
            self.started_ms = at_ms
        if at_ms > self.ended_ms:  # noqa: PLR1730 - max() takes thrice as long, and this is per event
            self.ended_ms = at_ms
        if institution is not None:
            self.institution = institution
        stage = STAGE_OF.get(name)
        if stage is not None:
            self.stages.setdefault(stage, at_ms)
            if name == "REDIRECT":
                if self.connected_ms is None:
                    self.connected_ms = at_ms
            elif name in RETRIES:
                self.retries += 1
            elif name in ACCEPTS:
                self.denied = False
            elif name in DENIALS:
                self.denied = True

    def note_code(self, name: str, *, browser: bool) -> None:
        """Count one code (once, though it may be told as a step too)."""
        self.codes[name] = self.codes.get(name, 0) + 1
        if is_failure(name):
            self.failure = (name, failure_class(name, browser=browser))

    def note_mfa_types(self, types: tuple[str, ...]) -> None:
        """Remember the kinds of questions asked, each once."""
        self.mfa_types.extend(name for name in types if name not in self.mfa_types)

    def absorb(self, later: "Session") -> None:
        """Take in an attempt that Flinks never gave a requestId: nothing tells it from this one."""
        self.events += later.events
        self.retries += later.retries
        self.ended_ms = max(self.ended_ms, later.ended_ms)
        self.institution = later.institution or self.institution
        self.failure = later.failure or self.failure
        self.denied = self.denied or later.denied
        if self.connected_ms is None:
            self.connected_ms = later.connected_ms
        for name, times in later.codes.items():
            self.codes[name] = self.codes.get(name, 0) + times
        for stage, at_ms in later.stages.items():
            self.stages.setdefault(stage, at_ms)
        self.note_mfa_types(tuple(later.mfa_types))

    @property
    def outcome(self) -> str:
        """How it ended."""
        return self._connect_outcome() if self.browser else self._data_outcome()

    def _connect_outcome(self) -> str:
        if self.connected_ms is not None:
            return "completed"
        if self.denied:
            return "denied"
        if self.failure is None:
            return "abandoned"
        return "expired" if CLASS_OF.get(self.failure[0]) == "expiry" else "failed"

    def _data_outcome(self) -> str:
        if self.unanswered:
            return "timed_out"
        return "completed" if self.failure is None else "failed"

    def line(self) -> dict[str, Any]:
        """Return the truth as a JSON object: fields of flinks.sessions, `journey` and `late`."""
        outcome = self.outcome
        code, cls = self.failure if self.failure and outcome in {"failed", "expired"} else (None,) * 2
        stages = self.stages if self.browser else {}
        started, connected = self.started_ms, self.connected_ms
        return {
            "journey": self.journey,
            "late": self.late,
            "request_id": self.request_id,
            "connect_session_id": self.connect_session_id,
            "kind": "connect" if self.browser else "data",
            "attempt": self.attempt,
            "outcome": outcome,
            "failure_code": code,
            "failure_class": cls,
            "furthest_stage": max(stages, key=_ORDER.__getitem__, default=None),
            "institution": self.institution,
            "app": self.app,
            "environment": self.environment,
            "platform": self.platform,
            "release": self.release,
            "started_at": stamp(started),
            "ended_at": stamp(self.ended_ms),
            "time_to_connect_ms": connected - started if self.browser and connected else None,
            "retries": self.retries,
            "mfa_types": self.mfa_types,
            "events": self.events,
            "codes": self.codes,
            "stages": {stage: stamp(at_ms) for stage, at_ms in stages.items()},
        }
