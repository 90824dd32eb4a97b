"""How the records of one partition become sessions and visits: the fold that the engine runs."""

from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.counts import headers
from pipeline.engine.fold import Changes, Record, StreamClock
from pipeline.flinks.event import Attributes, Event, Unusable, read
from pipeline.sessions.admission import Arrival, Verdict, admit
from pipeline.sessions.closing import close_due
from pipeline.sessions.counting import Counting
from pipeline.sessions.keyed import KeyedWindows
from pipeline.sessions.outbox import Outbox
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
from pipeline.sessions.settings import Settings, Topics
from pipeline.sessions.shared import Shared
from pipeline.sessions.window import NAME, NEVER_MS, NO_REQUEST, SEQ, TIME, Extra, Window

__all__ = ["SessionFold", "Settings", "Topics"]

TIMERS_PER_TURN: Final = 5_000
"""That takes a fifth of a second, more or less. What is due and not yet looked at says the same later."""

_SAMPLED: Final = 63
"""One record in 64 is measured for delay."""


class SessionFold:
    """Sessions and visits of one partition of flinks.events.

    A key is the connect_session_id, or the request_id where there is none, as the event says it. Results are a
    pure function of the events that a window holds when it is looked at. Nothing here reads the clock.
    """

    def __init__(self, partition: int, topics: Topics | None = None, settings: Settings | None = None) -> None:
        """A partition without state."""
        settings = settings or Settings()
        self.clock = StreamClock(disorder_ms=DISORDER_MS)
        self._keyed = KeyedWindows()
        topics = topics or Topics()
        self._partition, self._counts_topic = partition, topics.counts
        self._outbox = Outbox(topics, partition)
        self._counting = Counting(partition, settings.institutions, include_sandbox=settings.include_sandbox)
        self._shared = Shared()

    @property
    def pending(self) -> int:
        """Results that wait for the next checkpoint."""
        return len(self._outbox)

    def __len__(self) -> int:
        return len(self._keyed)

    @property
    def open(self) -> int:
        """Keys of which nothing was emitted yet; counts them one by one, a tenth of a second for a million."""
        return self._keyed.unemitted

    def keys(self) -> Iterator[bytes]:
        """Every key that is held."""
        return self._keyed.keys()

    def state_of(self, key: bytes) -> bytes | None:
        """The state of a key as the changelog holds it, None when the key is done."""
        return self._keyed.state_of(key)

    def load(self, key: bytes, state: bytes) -> None:
        """Take back one key from the changelog."""
        self._keyed.load(key, state)

    def process(self, records: Sequence[Record]) -> None:  # noqa: C901, PLR0912, PLR0915  # the one hot loop
        """Take records in the order of the partition.

        What nearly every event does stands here in a row, for calls cost more than what they would do: it moves
        the end of its key's only window, of which nothing was emitted yet. `_admit` knows every other case.
        """
        keyed, shared, counting, clock = self._keyed, self._shared, self._counting, self.clock
        windows, several, asleep, changed = keyed.single, keyed.several, keyed.asleep, keyed.changed
        institutions, origins, arrived = shared.institutions, shared.origins, counting.arrived
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
            visit_key, request_id = event.connect_session_id, event.request_id
            key: str = visit_key or request_id  # type: ignore[assignment]  # read() sees to it
            event_id = event.id
            seq = -1 if event.seq is None else event.seq
            name, mark = NAMES.get(event.name) or (event.name, UNKNOWN)
            institution = event.institution
            if institution is not None:
                institution = institutions.get(institution) or shared.institution(institution)
            origin = (event.app, event.environment, event.platform, event.release)
            extra = event.http_status if event.attributes is None else _extra(event, event.attributes)
            light = len(value) <= LIGHT_BYTES  # type: ignore[arg-type]  # read() refuses None
            window = windows.get(key)
            if (
                light
                and window is not None
                and watermark_ms < window.due_ms
                and window.sessions is None
                and (
                    time_ms > (last_ms := (last := (events := window.events)[-1])[TIME])
                    or (time_ms == last_ms and (seq, event_id) > last[SEQ:NAME])
                )
                and time_ms - last_ms < window.reach_ms
                and time_ms - events[0][TIME] < LIMIT_MS
                and len(events) < FEW_EVENTS
                and origin == window.origins[0]
                and (window.of_visit or visit_key is None)
                and (
                    request_id is None
                    or not window.request_ids
                    or (request_id == window.request_ids[-1] and (what >= BROWSER or window.reach_ms < DATA_REACH_MS))
                )
                and event_id not in window.ids
            ):
                if request_id is None:
                    request = NO_REQUEST
                elif window.request_ids:
                    request = len(window.request_ids) - 1
                else:
                    window.request_ids = (request_id,)
                    request = 0
                event_kept = (time_ms, seq, event_id, name, what, request, institution, 0, extra)
                events.append(event_kept)
                window.ids[event_id] = None
                changed.add(window.key)  # the very text that the set has: nothing to compare
                if mark or what >= BROWSER:
                    if mark & TURNS or what >= BROWSER:
                        window.note(name, what)
                    if mark & COUNTS:
                        counting.kept(window, event_kept, mark)
                if time_ms + window.gap_ms < window.due_ms:  # a step beside data closes sooner than the data
                    window.due_ms = time_ms + window.gap_ms
                    keyed.set_timer(window)
            elif light and window is None and time_ms >= watermark_ms and key not in several and key not in asleep:
                request = NO_REQUEST if request_id is None else 0
                event_kept = (time_ms, seq, event_id, name, what, request, institution, 0, extra)
                window = windows[key] = Window(
                    key,
                    visit_key is not None,
                    [event_kept],
                    {event_id: None},
                    () if request_id is None else (request_id,),
                    origins.get(origin) or shared.origin(origin),
                )
                if mark & TURNS or what >= BROWSER:
                    window.note(name, what)
                window.due_ms = time_ms + window.gap_ms
                keyed.set_timer(window)
                changed.add(key)
                if visit_key is not None and what < BROWSER:
                    counting.opened(time_ms, origin[0], institution)
                if mark & COUNTS:
                    counting.kept(window, event_kept, mark)
            else:
                clock.watermark_ms = watermark_ms
                size = len(value or b"")
                arrival = Arrival(
                    key,
                    visit_key is not None,
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
                if time_ms - disorder_ms > watermark_ms:  # noqa: PLR1730  # as above
                    watermark_ms = time_ms - disorder_ms
        if high_ms != -NEVER_MS:
            clock.high_ms = high_ms
        clock.watermark_ms = watermark_ms
        self._run_timers()

    def advance(self, watermark_ms: int) -> bool:
        """Close what is due at this watermark, which the clock has reached without a new record.

        Returns whether something is left to be closed by the next call, for a worker that was away may find hundreds
        of thousands of windows due at once, and others want their turn.
        """
        self.clock.watermark_ms = max(self.clock.watermark_ms, watermark_ms)
        self._run_timers()
        return self._keyed.timers.are_due(self.clock.watermark_ms)

    def take_changes(self) -> Changes:
        """Hand over what has changed since the last call."""
        watermark_ms = self.clock.watermark_ms
        tally, counts = self._counting.take(watermark_ms)
        results = self._outbox.take()
        changes = Changes(states=self._keyed.take_states(), results=results, tally=tally)
        if counts:
            results[self._counts_topic] = [(None, count) for count in counts]
            changes.headers[self._counts_topic] = headers(self._partition, watermark_ms)
        return changes

    def _admit(self, arrival: Arrival, mark: int) -> bool:
        """Give an event to one of its key's windows, whatever the case; False if it is too late."""
        watermark_ms = self.clock.watermark_ms
        keyed = self._keyed
        for window in keyed.of(arrival.key):
            if watermark_ms >= window.due_ms:
                self._look(window)
        windows = keyed.of(arrival.key)
        verdict, taker = admit(windows, arrival, watermark_ms)
        counting = self._counting
        if taker is None:
            counting.tally.over_cap += verdict is Verdict.OVER_CAP
            return verdict is not Verdict.TOO_LATE
        keyed.hold(arrival.key, windows)
        keyed.changed.add(arrival.key)
        keyed.set_timer(taker)
        if verdict is Verdict.COPY:
            counting.tally.duplicates += 1
        elif mark & COUNTS:
            counting.kept(taker, taker.kept(arrival.id), mark)
        return True

    def _run_timers(self) -> None:
        for window in self._keyed.woken(self.clock.watermark_ms, TIMERS_PER_TURN):
            self._look(window)

    def _look(self, window: Window) -> None:
        """Emit what is due of a window whose time has come, and drop it if that was the last to come of it."""
        watermark_ms = self.clock.watermark_ms
        if window.changed or window.due_ms < window.expiry_ms:
            for emission in close_due(window, watermark_ms):
                self._outbox.emit(emission)
                self._counting.emitted(emission, watermark_ms)
                self._keyed.changed.add(window.key)
        if watermark_ms >= window.expiry_ms:
            self._keyed.drop(window)
        else:
            self._keyed.set_timer(window)

    def _reject(self, verdict: Unusable, offset: int, append_ms: int, value: bytes | None) -> None:
        self._counting.tally.rejected[verdict.reason] += 1
        self._outbox.reject(verdict, offset, append_ms, value)


def _extra(event: Event, attributes: Attributes) -> Extra:
    mfa_types = attributes.mfa_types
    if not mfa_types:
        return event.http_status
    return event.http_status, (mfa_types,) if isinstance(mfa_types, str) else tuple(mfa_types)
