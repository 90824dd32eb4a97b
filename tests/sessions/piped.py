"""The pipeline's fold behind the oracle's door, so that one contract holds for both."""

from dataclasses import replace
from typing import Any

from pipeline.sessions import Offline, SessionFold
from pipeline.sessions.offline import NO_APPEND_MS


class Piped:
    """One partition of the pipeline.

    It takes `chunk` records at once, and after every `life` of them it is restored from what its checkpoints told
    the changelog, as a worker would be that takes the partition over.
    """

    def __init__(self, chunk: int = 1, life: int | None = None) -> None:
        self.run = Offline()
        self._chunk = chunk
        self._life = life
        self._age = 0
        self._waiting: list[bytes | tuple[bytes | None, int]] = []
        self._changelog: dict[bytes, bytes] = {}

    def arrive(self, value: bytes | None, append_ms: int | None = None) -> None:
        self._waiting.append((value, NO_APPEND_MS if append_ms is None else append_ms))
        if len(self._waiting) >= self._chunk:
            self._take()

    def advance(self, watermark_ms: int) -> None:
        self._take()
        self.run.fold.advance(watermark_ms)
        self._checkpoint()

    def finish(self) -> None:
        self._take()
        self.run.end()

    def _take(self) -> None:
        self.run.take(self._waiting)
        self._age += len(self._waiting)
        self._waiting = []
        self._checkpoint()
        if self._life is not None and self._age >= self._life:
            self._age = 0
            self._restore()

    def _checkpoint(self) -> None:
        for key, state in self.run.gather().states:
            if state is None:
                self._changelog.pop(key, None)
            else:
                self._changelog[key] = state

    def _restore(self) -> None:
        fold = SessionFold(0)
        fold.clock = replace(self.run.fold.clock)
        for key, state in self._changelog.items():
            fold.load(key, state)
        self.run.fold = fold

    @property
    def sessions(self) -> dict[str, dict[str, Any]]:
        return self.run.sessions

    @property
    def visits(self) -> dict[str, dict[str, Any]]:
        return self.run.visits

    @property
    def emitted(self) -> list[dict[str, Any]]:
        return self.run.emitted + self.run.emitted_visits

    @property
    def rejected(self) -> list[tuple[str, str]]:
        return [(one["reason"], one["detail"]) for one in self.run.rejected]
