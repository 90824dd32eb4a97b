"""Counting what happens between two checkpoints, under bounded labels."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from pipeline.flinks.catalogue import CATALOGUE, STAGES
from pipeline.flinks.institutions import SANDBOX
from pipeline.sessions.closing import Emission
from pipeline.sessions.result import first_origin, last_institution
from pipeline.sessions.rules import (
    API,
    ATTEMPT,
    BROWSER,
    CODE,
    FAILED_STATUS,
    MINUTE_MS,
    SOURCE_KINDS,
    UNKNOWN,
)
from pipeline.sessions.tally import Tally
from pipeline.sessions.window import ID, NAME, TIME, Kept, Window

_OTHER: Final = "other"
_UNKNOWN: Final = "unknown"
_NO_CLASS: Final = "none"
_APPS: Final = 50
"""An installation has a handful of apps; more are somebody's play with the field."""


class Labels:
    """Bounded labels for what events say."""

    def __init__(self, institutions: Iterable[str]) -> None:
        """Institutions that are not listed are "other"."""
        self._institutions: dict[str | None, str] = {name: name for name in institutions}
        self._institutions[None] = _UNKNOWN
        self._apps: dict[str | None, str] = {None: _UNKNOWN}

    def institution(self, name: str | None) -> str:
        return self._institutions.get(name, _OTHER)

    def app(self, name: str | None) -> str:
        """The app's name while there are few, then "other"."""
        label = self._apps.get(name)
        if label is not None:
            return label
        if name is None or len(self._apps) > _APPS:
            return _OTHER
        self._apps[name] = name
        return name


class Counting:
    """The tally of what has happened since the last checkpoint.

    Attributes:
        arrived: Number of events that could be read, by source and kind as in rules.SOURCE_KINDS.
        tally: Everything else.
    """

    def __init__(self, institutions: Iterable[str], *, include_sandbox: bool) -> None:
        """Events and results of the sandbox are left out unless asked for."""
        self.arrived = [0] * len(SOURCE_KINDS)
        self.tally = Tally()
        self._stages: Counter[tuple[str, tuple[int, ...]]] = Counter()
        """(institution, the stages reached): few journeys differ, so that they are told apart only in `take`."""
        self._labels = Labels(institutions)
        self._left_out = None if include_sandbox else SANDBOX

    def take(self) -> Tally:
        """The tally so far; a new one begins."""
        tally = self.tally
        for place, number in enumerate(self.arrived):
            if number:
                tally.events[SOURCE_KINDS[place]] += number
                self.arrived[place] = 0
        for (institution, stages), number in self._stages.items():
            for stage in stages:
                tally.stage_sessions[institution, STAGES[stage]] += number
        self._stages.clear()
        self.tally = Tally()
        return tally

    def sample(self, time_ms: int, received_ms: int) -> None:
        """Note the delay of one event of many."""
        self.tally.client_delay_ms.append(received_ms - time_ms)
        self.tally.received_ms.append(received_ms)

    def kept(self, window: Window, event: Kept, mark: int) -> None:
        """Count an event that a window has just kept and that its mark says is to be counted."""
        time_ms, _, event_id, name, what, _, institution, _, extra = event
        if mark & UNKNOWN and what % 3 != CODE and not (what % 3 == API and _failed(extra)):
            return
        if mark & ATTEMPT and what >= BROWSER:
            return
        if institution is None:
            institution = last_institution(window.events)
        if institution is not None and institution == self._left_out:
            return
        app = window.origins[0][0] if len(window.origins) == 1 else first_origin(window, window.events)[0]
        labels = self._labels
        app, label = labels.app(app), labels.institution(institution)
        if mark & ATTEMPT:
            self.tally.attempts[app, label] += 1
            return
        begin_ms = time_ms - time_ms % MINUTE_MS
        for other in reversed(window.events):
            if other[TIME] < begin_ms:
                break
            if other[NAME] == name and other[TIME] < begin_ms + MINUTE_MS and other[ID] != event_id:
                return
        self.tally.code_visits[app, label, name if name in CATALOGUE else _UNKNOWN] += 1

    def emitted(self, emission: Emission) -> None:
        """Count a result: a first revision as what it is, a later one as a change of outcome."""
        content: dict[str, Any] = emission.content
        if self._left_out is not None and content["institution"] == self._left_out:
            return
        tally = self.tally
        institution = self._labels.institution(content["institution"])
        app = self._labels.app(content["app"])
        course = emission.course
        if course is None:
            if emission.revision == 1:
                tally.visits[app, institution, "true" if content["converted"] else "false"] += 1
        elif emission.outcome_before is None:
            failed = course.failure_class
            label = (app, content["kind"], institution, course.outcome, _NO_CLASS if failed is None else failed)
            tally.sessions[label] += 1
            self._stages[institution, tuple(course.stages)] += 1
            if content["time_to_connect_ms"] is not None:
                tally.time_to_connect_ms.append(content["time_to_connect_ms"])
        elif emission.outcome_before != course.outcome:
            tally.revisions[emission.outcome_before, course.outcome] += 1


def _failed(extra: Any) -> bool:
    status = extra[0] if isinstance(extra, tuple) else extra
    return status is not None and status >= FAILED_STATUS
