"""Counting what happens between two checkpoints; what was counted gets its bounded labels at the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from pipeline.counts import Count, Counted
from pipeline.flinks.institutions import SANDBOX, plain_name
from pipeline.sessions.closing import Emission
from pipeline.sessions.result_counts import ResultCounts
from pipeline.sessions.rules import (
    API,
    ATTEMPT,
    ATTEMPTS,
    BROWSER,
    CODE,
    COMPLETES,
    FAILED_STATUS,
    MINUTE_MS,
    REDIRECTS,
    SOURCE_KINDS,
    STEP,
    UNKNOWN,
)
from pipeline.sessions.tally import Tally
from pipeline.sessions.window import ID, INSTITUTION, NAME, REQUEST, TIME, WHAT, Kept, Window

_OTHER: Final = "other"
_UNKNOWN: Final = "unknown"
_APPS: Final = 50
"""An installation has a handful of apps; more are somebody's play with the field."""
_SPELLINGS: Final = 2_000
"""Spellings of institutions that are remembered; there are about 250 institutions in Canada."""


class Labels:
    """Bounded labels for what events say."""

    def __init__(self, institutions: Iterable[str]) -> None:
        """Institutions that are not listed are "other"."""
        self._institutions = {plain_name(name): name for name in institutions}
        self._spellings: dict[str | None, tuple[str, bool]] = {}
        self._apps: dict[str | None, str] = {None: _UNKNOWN}

    def institution(self, name: str | None) -> str:
        """The listed name of what may be spelled in other ways."""
        return self._known(name)[0]

    def is_sandbox(self, name: str | None) -> bool:
        """Whether it is Flinks' make-believe bank, however it is spelled."""
        return self._known(name)[1]

    def _known(self, name: str | None) -> tuple[str, bool]:
        known = self._spellings.get(name)
        if known is None:
            plain = None if name is None else plain_name(name)
            known = _UNKNOWN if plain is None else self._institutions.get(plain, _OTHER), plain == SANDBOX
            if len(self._spellings) < _SPELLINGS:
                self._spellings[name] = known
        return known

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
    """What has happened since the last checkpoint.

    Attributes:
        arrived: Number of events that could be read, by source and kind as in rules.SOURCE_KINDS.
        tally: What needs no label of an event's making.
    """

    def __init__(self, partition: int, institutions: Iterable[str], *, include_sandbox: bool) -> None:
        """Events and results of the sandbox are left out unless asked for."""
        self.arrived = [0] * len(SOURCE_KINDS)
        self.tally = Tally()
        # By app and institution as the events say them.
        self._counted = Counted(partition)
        self._results: defaultdict[tuple[str | None, str | None], ResultCounts] = defaultdict(ResultCounts)
        self._labels = Labels(institutions)
        self._include_sandbox = include_sandbox

    def sample(self, time_ms: int, received_ms: int) -> None:
        """Note the delay of one event of many."""
        self.tally.client_delay_ms.append(received_ms - time_ms)
        self.tally.received_ms.append(received_ms)

    def kept(self, window: Window, event: Kept, mark: int) -> None:
        """Count an event that a window has just kept and that its mark says is to be counted."""
        time_ms, _, event_id, name, what, request, institution, _, extra = event
        if institution is None:
            institution = _last_institution(window)
        begin_ms = time_ms - time_ms % MINUTE_MS
        count = self._counted.at((begin_ms, window.origins[0][0], institution))
        if mark & ATTEMPT:
            count.attempts += what < BROWSER
            return
        if mark & COMPLETES:
            _complete(count, window, event)
            return
        if mark & UNKNOWN:
            status = extra[0] if isinstance(extra, tuple) else extra
            if what % 3 != CODE and not (what % 3 == API and status is not None and status >= FAILED_STATUS):
                return
        if what % 3 != STEP:  # only a page's own steps come without a requestId
            count.reports += 1
            count.anonymous += request < 0
        for other in reversed(window.events):
            if other[TIME] < begin_ms:
                break
            if other[NAME] == name and other[TIME] < begin_ms + MINUTE_MS and other[ID] != event_id:
                return
        count.meet(_UNKNOWN if mark & UNKNOWN else name, None if request < 0 else window.request_ids[request])

    def opened(self, time_ms: int, app: str | None, institution: str | None) -> None:
        """Count a visit that begins."""
        self._counted.at((time_ms - time_ms % MINUTE_MS, app, institution)).visits += 1

    def emitted(self, emission: Emission, watermark_ms: int) -> None:
        """Count a result: a first revision as what it is, a later one as a change of outcome."""
        session, journey = emission.session, emission.journey
        if emission.revision == 1:
            place = emission.app, emission.institution
            results = self._results[place]
            if journey is not None:
                results.visit(journey)
            if session is not None:
                results.session(session)
                if session.script.outcome == "timed_out":
                    self._counted.at((watermark_ms - watermark_ms % MINUTE_MS, *place)).timed_out += 1
        elif session is not None:
            outcome = session.script.outcome
            if outcome != emission.outcome_before and self._counts(emission.institution):
                self.tally.revisions[str(emission.outcome_before), outcome] += 1

    def take(self, watermark_ms: int) -> tuple[Tally, list[bytes]]:
        """The tally so far, and the records for flinks.counts; new ones begin."""
        tally, self.tally = self.tally, Tally()
        arrived = Counter(dict(zip(SOURCE_KINDS, self.arrived, strict=True)))
        tally.events = +arrived
        self.arrived[:] = [0] * len(SOURCE_KINDS)
        for (_, app, institution), count in self._counted.places():
            if label := self._label(app, institution):
                if count.attempts:
                    tally.attempts[label] += count.attempts
                for name, number in count.codes.items():
                    tally.code_visits[*label, name] += number
        for (app, institution), results in self._results.items():
            if label := self._label(app, institution):
                results.add_to(tally, *label)
        self._results.clear()
        return tally, self._counted.take(watermark_ms, self._label)

    def _counts(self, institution: str | None) -> bool:
        return self._include_sandbox or not self._labels.is_sandbox(institution)

    def _label(self, app: str | None, institution: str | None) -> tuple[str, str] | None:
        """Labels for app and institution, None if it is not to be counted."""
        if not self._counts(institution):
            return None
        return self._labels.app(app), self._labels.institution(institution)


def _last_institution(window: Window) -> str | None:
    for event in reversed(window.events):
        if event[INSTITUTION] is not None:
            return event[INSTITUTION]
    return None


def _complete(count: Count, window: Window, redirect: Kept) -> None:
    """Count a REDIRECT of the browser, if it is the first of its request."""
    time_ms, request = redirect[TIME], redirect[REQUEST]
    same = [event for event in window.events if event[NAME] in REDIRECTS and event[REQUEST] == request]
    if redirect[WHAT] >= BROWSER or len(same) > 1:
        return
    count.completions += 1
    attempted_ms = _attempted_ms(window, time_ms)
    if attempted_ms is not None:
        waited = time_ms // MINUTE_MS - attempted_ms // MINUTE_MS
        count.waits[waited] = count.waits.get(waited, 0) + 1


def _attempted_ms(window: Window, until_ms: int) -> int | None:
    """When the browser's last attempt was made, None if none was."""
    for event in reversed(window.events):
        if event[NAME] in ATTEMPTS and event[WHAT] < BROWSER and event[TIME] <= until_ms:
            return event[TIME]
    return None
