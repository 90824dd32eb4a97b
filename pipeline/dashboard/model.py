"""Everything that the page knows, bounded in memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import MsgspecError

from pipeline.counts import read as read_count
from pipeline.counts.count import SAMPLES
from pipeline.dashboard.alerts import Incidents, read_alert
from pipeline.dashboard.minutes import MINUTE_MS, MinuteTable, Place
from pipeline.dashboard.told import Session, read_session, read_visit, session_adds, visit_adds
from pipeline.dashboard.upserts import Upserts
from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.flinks.times import parse_ms
from pipeline.sessions.counting import Labels

T = TypeVar("T")

COUNT_MINUTES: Final = 180
"""Of flinks.counts: the last hour is shown, and the rest tells what is usual."""
RESULT_MINUTES: Final = 60
"""Of flinks.sessions and flinks.visits."""
LATEST: Final = 2_000
"""Sessions that are kept whole, to be listed under whatever filter."""
_RELEASES: Final = 30
"""Releases that are told apart; more at once are somebody's play with the field."""
_PLATFORMS: Final = frozenset({"web", "ios", "android", "server"})
_OTHER: Final = "other"


class Model:
    """Takes records of the topics; `forget` what is too old, at least once a minute."""

    def __init__(self, *, include_sandbox: bool = False) -> None:
        """Know nothing yet; sessions of the sandbox are left out unless asked for, as they are in the counts."""
        self.counts = MinuteTable()
        self.results = MinuteTable()
        self.incidents = Incidents()
        self.watermarks: dict[int, int] = {}
        """Partition of flinks.events to the event time that it has come to, in ms."""
        self.samples: dict[tuple[str, str], list[str]] = {}
        """Institution and code to a few requestIds that met it lately."""
        self.latest: OrderedDict[str, Session] = OrderedDict()
        self.unreadable = 0
        """Records that could not be read."""
        self._sessions = Upserts(self.results)
        self._visits = Upserts(self.results)
        self._labels = Labels(INSTITUTIONS)
        self._include_sandbox = include_sandbox
        self._releases: set[str] = set()

    @property
    def remembered(self) -> int:
        """Results whose revisions still count."""
        return len(self._sessions) + len(self._visits)

    @property
    def passed_over(self) -> int:
        """Revisions that came too late to count."""
        return self._sessions.passed_over + self._visits.passed_over

    def take_count(self, value: bytes) -> None:
        """Take a record of flinks.counts."""
        count = self._read(read_count, value)
        if count is None:
            return
        known = self.watermarks.get(count.partition, 0)
        self.watermarks[count.partition] = max(known, parse_ms(count.watermark))
        if count.minute is None:
            return
        names = ("visits", "attempts", "completions", "reports", "anonymous", "timed_out")
        amounts = [(name, number) for name in names if (number := getattr(count, name))]
        amounts += [(f"code:{code}", visits) for code, visits in count.codes.items()]
        for code, request_ids in count.samples.items():
            key = count.institution or _OTHER, code
            self.samples[key] = [*request_ids, *self.samples.get(key, ())][:SAMPLES]
        place = Place(count.institution or _OTHER, count.app or _OTHER)
        self.counts.add(parse_ms(count.minute) // MINUTE_MS, place, amounts)

    def take_session(self, value: bytes) -> None:
        """Take a record of flinks.sessions."""
        session = self._read(read_session, value)
        if session is None or not self._is_shown(session.institution):
            return
        adds = session_adds(
            self._place(session.institution, session.app, session.platform, session.release),
            session.kind,
            session.outcome,
            session.failure_code,
            session.furthest_stage,
        )
        self._sessions.put(session.session_id, session.revision, parse_ms(session.started_at) // MINUTE_MS, adds)
        known = self.latest.get(session.session_id)
        if known is None or known.revision < session.revision:
            self.latest[session.session_id] = session
            self.latest.move_to_end(session.session_id)
            if len(self.latest) > LATEST:
                self.latest.popitem(last=False)

    def take_visit(self, value: bytes) -> None:
        """Take a record of flinks.visits."""
        visit = self._read(read_visit, value)
        if visit is None or not self._is_shown(visit.institution):
            return
        place = self._place(visit.institution, visit.app, visit.platform, visit.release)
        adds = visit_adds(place, visit.attempts, converted=visit.converted)
        self._visits.put(visit.visit_id, visit.revision, parse_ms(visit.started_at) // MINUTE_MS, adds)

    def take_alert(self, value: bytes) -> None:
        """Take a record of flinks.alerts."""
        alert = self._read(read_alert, value)
        if alert is not None:
            self.incidents.put(alert)

    def forget(self, now_ms: int) -> None:
        """Drop what is older than the page goes back."""
        minute = now_ms // MINUTE_MS
        self.counts.forget_before(minute - COUNT_MINUTES + 1)
        self.results.forget_before(minute - RESULT_MINUTES + 1)
        for upserts in (self._sessions, self._visits):
            upserts.forget_before(minute - RESULT_MINUTES + 1)

    def place_of(self, session: Session) -> Place:
        """Where a session counts."""
        return self._place(session.institution, session.app, session.platform, session.release)

    def _read(self, read: Callable[[bytes], T], value: bytes) -> T | None:
        try:
            return read(value)
        except MsgspecError:
            self.unreadable += 1
            return None

    def _is_shown(self, institution: str | None) -> bool:
        return self._include_sandbox or not self._labels.is_sandbox(institution)

    def _place(self, institution: str | None, app: str | None, platform: str | None, release: str | None) -> Place:
        if platform is not None and platform not in _PLATFORMS:
            platform = _OTHER
        if release is not None and release not in self._releases:
            if len(self._releases) < _RELEASES:
                self._releases.add(release)
            else:
                release = _OTHER
        return Place(self._labels.institution(institution), self._labels.app(app), platform, release)


def filters(model: Model) -> dict[str, list[Any]]:
    """What there is to filter by."""
    counted, told = model.counts.places(), model.results.places()
    return {
        "app": sorted({place.app for place in counted | told}),
        "platform": sorted({place.platform for place in told if place.platform}),
        "release": sorted({place.release for place in told if place.release}),
    }
