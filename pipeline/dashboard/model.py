"""Everything that the page knows, bounded in memory."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from msgspec import MsgspecError

from pipeline.counts import read as read_count
from pipeline.counts.count import SAMPLES
from pipeline.dashboard.alerts import Incidents, read_alert
from pipeline.dashboard.minutes import MINUTE_MS, MinuteTable, Place
from pipeline.dashboard.places import Places
from pipeline.dashboard.results import Session, read_session, read_visit, session_adds, visit_adds
from pipeline.dashboard.upserts import Upserts
from pipeline.flinks.times import parse_ms

COUNT_MINUTES: Final = 180
"""Of flinks.counts: the last hour is shown, and the rest tells what is usual."""
SHOWN_MINUTES: Final = 60
SETTLED_MINUTES: Final = 12
"""After so many 24 of 25 visits are over and told. Before, nearly all that are told are those that connected."""
RESULT_MINUTES: Final = SHOWN_MINUTES + SETTLED_MINUTES
"""Of flinks.sessions and flinks.visits."""
LATEST: Final = 2_000
"""Sessions that are kept whole, to be listed under whatever filter."""
LATE_MS: Final = 180_000
"""Event time is about a minute behind the clock when all is well."""
_OTHER: Final = "other"


Take = Callable[["Model", bytes], None]


def _if_readable(take: Take) -> Take:
    """A record that is no such thing is counted, and ends nobody's page."""

    @wraps(take)
    def taken(self: "Model", value: bytes) -> None:
        try:
            take(self, value)
        except (MsgspecError, ValueError):
            self.unreadable += 1

    return taken


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
        self.places = Places(include_sandbox=include_sandbox)
        self._sessions = Upserts(self.results)
        self._visits = Upserts(self.results)

    def behind_ms(self, now_ms: int) -> int:
        """How far the slowest partition's event time is behind the clock."""
        return max(0, now_ms - min(self.watermarks.values(), default=now_ms))

    @property
    def remembered(self) -> int:
        """Results whose revisions still count."""
        return len(self._sessions) + len(self._visits)

    @property
    def passed_over(self) -> int:
        """Revisions that came too late to count."""
        return self._sessions.passed_over + self._visits.passed_over

    @_if_readable
    def take_count(self, value: bytes) -> None:
        """Take a record of flinks.counts."""
        count = read_count(value)
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

    @_if_readable
    def take_session(self, value: bytes) -> None:
        """Take a record of flinks.sessions."""
        session = read_session(value)
        place = self.places.of(session)
        if place is None:
            return
        adds = session_adds(place, session.kind, session.outcome, session.failure_code, session.furthest_stage)
        self._sessions.put(session.session_id, session.revision, parse_ms(session.started_at) // MINUTE_MS, adds)
        known = self.latest.get(session.session_id)
        if known is None or known.revision < session.revision:
            self.latest[session.session_id] = session
            self.latest.move_to_end(session.session_id)
            if len(self.latest) > LATEST:
                self.latest.popitem(last=False)

    @_if_readable
    def take_visit(self, value: bytes) -> None:
        """Take a record of flinks.visits."""
        visit = read_visit(value)
        place = self.places.of(visit)
        if place is None:
            return
        adds = visit_adds(place, visit.attempts, converted=visit.converted)
        self._visits.put(visit.visit_id, visit.revision, parse_ms(visit.started_at) // MINUTE_MS, adds)

    @_if_readable
    def take_alert(self, value: bytes) -> None:
        """Take a record of flinks.alerts."""
        self.incidents.put(read_alert(value))

    def forget(self, now_ms: int) -> None:
        """Drop what is older than the page goes back."""
        minute = now_ms // MINUTE_MS
        self.counts.forget_before(minute - COUNT_MINUTES + 1)
        self.results.forget_before(minute - RESULT_MINUTES + 1)
        for upserts in (self._sessions, self._visits):
            upserts.forget_before(minute - RESULT_MINUTES + 1)


def filters(model: Model) -> dict[str, list[Any]]:
    """What there is to filter by."""
    counted, told = model.counts.places, model.results.places
    return {
        "app": sorted({place.app for place in counted | told}),
        "platform": sorted({place.platform for place in told if place.platform}),
        "release": sorted({place.release for place in told if place.release}),
    }
