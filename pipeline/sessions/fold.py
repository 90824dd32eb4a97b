"""How the records of one partition become sessions and visits: the fold that the engine runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.engine.fold import Changes, Record, StreamClock
from pipeline.flinks.event import Attributes, Event, Unusable, read
from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.flinks.rejection import rejection
from pipeline.sessions.admission import Arrival, Verdict, admit
from pipeline.sessions.closing import close_due
from pipeline.sessions.counting import Counting
from pipeline.sessions.rules import (
    BROWSER,
    COUNTS,
    DATA_REACH_MS,
    DISORDER_MS,
    FEW_EVENTS,
    KINDS,
    LIGHT_BYTES,
    LIMIT_MS,
    NAMES,
    SOURCES,
    TURNS,
    UNKNOWN,
)
from pipeline.sessions.state import dump_windows, load_windows
from pipeline.sessions.timers import Timers
from pipeline.sessions.window import NAME, NEVER_MS, NO_REQUEST, SEQ, TIME, Extra, Origin, Window

_SHARED: Final = 1_000
"""Institutions of which one copy is shared by all events; there are about 250 in Canada."""
_SAMPLED: Final = 63
"""One record in 64 is measured for delay."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where events come from and results go."""

    events: str = "flinks.events"
    sessions: str = "flinks.sessions"
    visits: str = "flinks.visits"
    rejected: str = "flinks.rejected"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose; results do not depend on it, only what is counted."""

    institutions: tuple[str, ...] = INSTITUTIONS
    """Those with a metric label of their own."""
    include_sandbox: bool = False
    """Count Flinks' make-believe bank like the others."""


class SessionFold:
    """Sessions and visits of one partition of flinks.events.

    A key is the connect_session_id, or the request_id where there is none, as the event says it. Results are a
    pure function of the events that a window holds when it is looked at. Nothing here reads the clock.
    """

    def __init__(self, partition: int, topics: Topics | None = None, settings: Settings | None = None) -> None:
        """A partition without state."""
        settings = settings or Settings()
        self.clock = StreamClock(disorder_ms=DISORDER_MS)
        self._partition = partition
        self._topics = topics or Topics()
        self._windows: dict[str, Window] = {}
        """The window of each key that has one only, as nearly all have."""
        self._several: dict[str, list[Window]] = {}
        """The windows of the other keys."""
        self._timers = Timers()
        self._changed: set[str] = set()
        self._gone: set[str] = set()
        """Keys of the changelog that have no window any more."""
        self._sessions: list[tuple[bytes | None, bytes]] = []
        self._visits: list[tuple[bytes | None, bytes]] = []
        self._rejected: list[tuple[bytes | None, bytes]] = []
        self._counting = Counting(settings.institutions, include_sandbox=settings.include_sandbox)
        self._institutions: dict[str, str] = {}
        self._origins: dict[Origin, tuple[Origin, ...]] = {}

    @property
    def pending(self) -> int:
        """Results that wait for the next checkpoint."""
        return len(self._sessions) + len(self._visits) + len(self._rejected)

    def __len__(self) -> int:
        return len(self._windows) + len(self._several)

    @property
    def open(self) -> int:
        """Keys of which nothing has been emitted yet; counts them one by one, in a tenth of a second for a million."""
        one = sum(window.sessions is None for window in self._windows.values())
        return one + sum(any(window.sessions is None for window in windows) for windows in self._several.values())

    def keys(self) -> Iterator[bytes]:
        """Every key that is held."""
        for held in (self._windows, self._several):
            for key in held:
                yield key.encode()

    def state_of(self, key: bytes) -> bytes | None:
        """The state of a key as the changelog holds it, None when the key is done."""
        windows = self._windows_of(key.decode())
        for window in windows:
            window.logged = True
        return dump_windows(windows) if windows else None

    def load(self, key: bytes, state: bytes) -> None:
        """Take back one key from the changelog."""
        name = key.decode()
        windows = load_windows(name, state)
        self._hold(name, windows)
        for window in windows:
            self._set_timer(window)

    def process(self, records: Sequence[Record]) -> None:  # noqa: C901, PLR0912, PLR0915  # the one hot loop
        """Take records in the order of the partition.

        What nearly every event does stands here in a row, for calls cost more than what they would do: it moves
        the end of its key's only window, of which nothing was emitted yet. `_admit` knows every other case.
        """
        windows, several, changed = self._windows, self._several, self._changed
        counting, clock, origins = self._counting, self.clock, self._origins
        institutions, arrived = self._institutions, counting.arrived
        high_ms = -NEVER_MS if clock.high_ms is None else clock.high_ms
        watermark_ms, disorder_ms = clock.watermark_ms, clock.disorder_ms
        for offset, append_ms, _, value in records:
            try:
                event, time_ms, received_ms = read(value)
            except Unusable as verdict:
                self._reject(verdict, offset, append_ms, value)
                continue
            if not offset & _SAMPLED:
                counting.sample(time_ms, received_ms)
            if append_ms < time_ms:  # noqa: PLR1730  # min() takes twice the time
                time_ms = append_ms
            what = SOURCES[event.source] + KINDS[event.kind]
            arrived[what] += 1
            request_id = event.request_id
            key: str = event.connect_session_id or request_id  # type: ignore[assignment]  # read() sees to it
            event_id = event.id
            seq = -1 if event.seq is None else event.seq
            name, mark = NAMES.get(event.name) or (event.name, UNKNOWN)
            institution = event.institution
            if institution is not None:
                institution = institutions.get(institution) or self._share_institution(institution)
            origin = (event.app, event.environment, event.platform, event.release)
            extra = event.http_status if event.attributes is None else _extra(event, event.attributes)
            size = len(value)  # type: ignore[arg-type]  # read() refuses None
            window = windows.get(key)
            if window is not None and watermark_ms < window.due_ms and window.sessions is None:
                events = window.events
                last = events[-1]
                last_ms = last[TIME]
                request_ids = window.request_ids
                if (
                    (time_ms > last_ms or (time_ms == last_ms and (seq, event_id) > last[SEQ:NAME]))
                    and time_ms - last_ms < window.reach_ms
                    and time_ms - events[0][TIME] < LIMIT_MS
                    and len(events) < FEW_EVENTS
                    and size <= LIGHT_BYTES
                    and origin == window.origins[0]
                    and (
                        request_id is None
                        or not request_ids
                        or (request_id == request_ids[-1] and (what >= BROWSER or window.reach_ms < DATA_REACH_MS))
                    )
                    and event_id not in window.ids
                ):
                    if request_id is None:
                        request = NO_REQUEST
                    else:
                        if not request_ids:
                            window.request_ids = request_ids = (request_id,)
                        request = len(request_ids) - 1
                    events.append((time_ms, seq, event_id, name, what, request, institution, 0, extra))
                    window.ids[event_id] = None
                    changed.add(key)
                    if mark or what >= BROWSER:
                        if mark & TURNS or what >= BROWSER:
                            window.note(name, what)
                            window.due_ms = min(window.due_ms, time_ms + window.gap_ms)
                            self._set_timer(window)
                        if mark & COUNTS:
                            counting.kept(window, events[-1], mark)
                    if time_ms > high_ms:
                        high_ms = time_ms
                        clock.high_append_ms = append_ms
                        if time_ms - disorder_ms > watermark_ms:  # noqa: PLR1730  # as above
                            watermark_ms = time_ms - disorder_ms
                    continue
            elif window is None and key not in several and time_ms >= watermark_ms and size <= LIGHT_BYTES:
                window = windows[key] = Window(
                    key,
                    event.connect_session_id is not None,
                    [
                        (
                            time_ms,
                            seq,
                            event_id,
                            name,
                            what,
                            NO_REQUEST if request_id is None else 0,
                            institution,
                            0,
                            extra,
                        )
                    ],
                    {event_id: None},
                    () if request_id is None else (request_id,),
                    origins.get(origin) or self._share_origin(origin),
                )
                window.note(name, what)
                window.due_ms = time_ms + window.gap_ms
                self._set_timer(window)
                changed.add(key)
                if mark & COUNTS:
                    counting.kept(window, window.events[0], mark)
                if time_ms > high_ms:
                    high_ms = time_ms
                    clock.high_append_ms = append_ms
                    watermark_ms = max(watermark_ms, time_ms - disorder_ms)
                continue
            clock.watermark_ms = watermark_ms
            arrival = Arrival(
                key,
                event.connect_session_id is not None,
                time_ms,
                seq,
                event_id,
                name,
                what,
                request_id,
                institution,
                origin,
                extra,
                size,
            )
            if not self._admit(arrival, mark):
                late = Unusable("too_late", "no window takes it, and its own would be gone already")
                self._reject(late, offset, append_ms, value)
            if time_ms > high_ms:
                high_ms = time_ms
                clock.high_append_ms = append_ms
                watermark_ms = max(watermark_ms, time_ms - disorder_ms)
        if high_ms != -NEVER_MS:
            clock.high_ms = high_ms
        clock.watermark_ms = watermark_ms
        self._run_timers()

    def advance(self, watermark_ms: int) -> None:
        """Close what is due at this watermark, which the clock has reached without a new record."""
        self.clock.watermark_ms = max(self.clock.watermark_ms, watermark_ms)
        self._run_timers()

    def take_changes(self) -> Changes:
        """Hand over what has changed since the last call."""
        states: list[tuple[bytes, bytes | None]] = []
        for key in self._changed:
            windows = self._windows_of(key)
            if windows:
                self._gone.discard(key)
                states.append((key.encode(), dump_windows(windows)))
                for window in windows:
                    window.logged = True
        states += [(key.encode(), None) for key in self._gone]
        topics = self._topics
        found = {topics.sessions: self._sessions, topics.visits: self._visits, topics.rejected: self._rejected}
        self._changed, self._gone = set(), set()
        self._sessions, self._visits, self._rejected = [], [], []
        return Changes(
            states=states,
            results={topic: records for topic, records in found.items() if records},
            tally=self._counting.take(),
        )

    def _admit(self, arrival: Arrival, mark: int) -> bool:
        """Give an event to one of its key's windows, whatever the case; False if it is too late."""
        watermark_ms = self.clock.watermark_ms
        windows = self._windows_of(arrival.key)
        for window in windows:
            if watermark_ms >= window.due_ms:
                self._look(window)
                windows = self._windows_of(arrival.key)
        verdict, taker = admit(windows, arrival, watermark_ms)
        counting = self._counting
        if taker is None:
            counting.tally.over_cap += verdict is Verdict.OVER_CAP
            return verdict is not Verdict.TOO_LATE
        self._hold(arrival.key, windows)
        self._changed.add(arrival.key)
        self._set_timer(taker)
        if verdict is Verdict.COPY:
            counting.tally.duplicates += 1
        elif mark & COUNTS:
            counting.kept(taker, taker.kept(arrival.id), mark)
        return True

    def _windows_of(self, key: str) -> list[Window]:
        window = self._windows.get(key)
        return [window] if window is not None else list(self._several.get(key, ()))

    def _hold(self, key: str, windows: list[Window]) -> None:
        """Hold these windows, and no others, of the key."""
        if len(windows) == 1:
            self._windows[key] = windows[0]
            self._several.pop(key, None)
        else:
            self._windows.pop(key, None)
            if windows:
                self._several[key] = windows
            else:
                self._several.pop(key, None)

    def _look(self, window: Window) -> None:
        """Emit what is due of a window whose time has come, and drop it if that was the last to come of it."""
        watermark_ms = self.clock.watermark_ms
        key = window.key
        if window.changed or window.due_ms < window.expiry_ms:
            for emission in close_due(window, watermark_ms):
                results = self._visits if emission.script is None else self._sessions
                results.append((emission.key.encode(), emission.value))
                self._counting.emitted(emission)
                self._changed.add(key)
        if watermark_ms >= window.expiry_ms:
            self._drop(window)
        elif window.due_ms < window.timer_ms:
            window.timer_ms = window.due_ms
            self._timers.set(window.due_ms, key)

    def _drop(self, window: Window) -> None:
        key = window.key
        left = [other for other in self._several.get(key, ()) if other is not window]
        self._hold(key, left)
        if left:
            self._changed.add(key)
            left[0].logged = left[0].logged or window.logged
        else:
            self._changed.discard(key)
            if window.logged:
                self._gone.add(key)

    def _set_timer(self, window: Window) -> None:
        if window.due_ms < window.timer_ms:
            window.timer_ms = window.due_ms
            self._timers.set(window.due_ms, window.key)

    def _run_timers(self) -> None:
        """Look at every window whose time has come."""
        watermark_ms = self.clock.watermark_ms
        while keys := self._timers.due(watermark_ms):
            for key in keys:
                for window in self._windows_of(key):
                    if window.timer_ms <= watermark_ms:
                        window.timer_ms = NEVER_MS
                        if window.due_ms <= watermark_ms:
                            self._look(window)
                        else:
                            self._set_timer(window)

    def _share_institution(self, name: str) -> str:
        if len(self._institutions) < _SHARED:
            self._institutions[name] = name
        return name

    def _share_origin(self, origin: Origin) -> tuple[Origin, ...]:
        if len(self._origins) < _SHARED:
            self._origins[origin] = (origin,)
        return (origin,)

    def _reject(self, verdict: Unusable, offset: int, append_ms: int, value: bytes | None) -> None:
        self._counting.tally.rejected[verdict.reason] += 1
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


def _extra(event: Event, attributes: Attributes) -> Extra:
    mfa_types = attributes.mfa_types
    if not mfa_types:
        return event.http_status
    return event.http_status, (mfa_types,) if isinstance(mfa_types, str) else tuple(mfa_types)
