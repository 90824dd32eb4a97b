"""The alerts agent's work: counts become minutes, minutes become incidents, incidents are told."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from pipeline.alerts.alert import Alert, write
from pipeline.alerts.alerts import Alerts
from pipeline.alerts.notify.alertmanager import Told, told_after
from pipeline.alerts.notify.courier import Delivery
from pipeline.alerts.observed import Observed, Tried
from pipeline.alerts.outbox import Outbox
from pipeline.alerts.settings import AlertSettings
from pipeline.counts import read
from pipeline.counts.minutes import Minutes, load_minutes
from pipeline.engine.fold import Changes, Record, StreamClock

STATE_FORMAT: Final = 3
"""To be raised with every change of what stands in the changelog."""
PART_BYTES: Final = 400_000
"""What is kept is written in parts of this size, for a record has its limit: a receiver that is away for weeks, or a
worker that is an hour behind, makes much of it."""

_MINUTES: Final = b"minutes"
_OUTBOX: Final = b"outbox"
_TOLD: Final = b"told"
_ATTEMPTS: Final = b"attempts"
_DETECTOR: Final = b"detector"


class Noted(Struct):
    """What one checkpoint has for those who tell it, once it is committed."""

    alerts: list[Alert] = []
    """Revisions that are new."""
    deliveries: list[Delivery] = []
    """Of these."""
    told: list[Told] = []
    """What Alertmanager is to be told from now on."""
    late: int = 0
    """Counts that came after their minute was over."""
    unread: int = 0
    """Records that were no counts."""


class AlertsFold:
    """State of the one partition of flinks.counts. Stream time is that of the counted events."""

    def __init__(self, alerts_topic: str, settings: AlertSettings, receivers: Sequence[str] = ()) -> None:
        """Without state; each revision of an incident is delivered to the receivers."""
        self.clock = StreamClock(disorder_ms=0)
        self._outbox = Outbox(receivers)
        self._told: list[Told] = []
        self._topic = alerts_topic
        self._detector = Alerts(settings)
        self._minutes = Minutes()
        self._observed = Observed()
        self._results: list[tuple[bytes | None, bytes]] = []
        self._noted = Noted()
        self._now_ms = 0
        """The broker's clock."""
        self._known: dict[bytes, bytes] = {}
        """As the changelog has it."""
        self._loaded: dict[bytes, bytes] = {}
        self._stepped = self._heard = self._settled = False

    @property
    def outbox(self) -> Outbox:
        """Notifications on their way; to be looked at once everything was loaded."""
        self._wake()
        return self._outbox

    @property
    def told(self) -> list[Told]:
        """What Alertmanager is to be told, as of the last record; like the outbox."""
        self._wake()
        return self._told

    @property
    def pending(self) -> int:
        """Results that wait for the next checkpoint."""
        return len(self._results)

    @property
    def heartbeat_ms(self) -> int | None:
        """The stream time of the partition that is farthest behind, None before anything came."""
        return min(self._minutes.streams.values(), default=None)

    def __len__(self) -> int:
        return len(self._known)

    def keys(self) -> Iterator[bytes]:
        """Every key that is held."""
        return iter(list(self._known))

    def state_of(self, key: bytes) -> bytes | None:
        """A key as the changelog has it."""
        return self._known.get(key)

    def load(self, key: bytes, state: bytes) -> None:
        """Take back one key; the last one makes it whole, which is only known when work begins."""
        self._known[key] = self._loaded[key] = state

    def process(self, records: Sequence[Record]) -> None:
        """Take records of flinks.counts."""
        self._wake()
        for _, append_ms, _, value in records:
            try:
                count = read(value or b"")
                self._minutes.take(count, append_ms)
            except (msgspec.MsgspecError, ValueError):
                self._noted.unread += 1
                continue
            self._heard = True
            stream_ms = max(self._minutes.streams.values())
            if self.clock.high_ms is None or stream_ms > self.clock.high_ms:
                self.clock.high_ms, self.clock.high_append_ms = stream_ms, append_ms
            self.clock.watermark_ms = max(self.clock.watermark_ms, stream_ms)
            self._now_ms = append_ms
        self._run(0)

    def advance(self, watermark_ms: int) -> None:
        """Nobody told anything for a while; minutes are over all the same."""
        self._wake()
        self.clock.watermark_ms = max(self.clock.watermark_ms, watermark_ms)
        # The clock goes on from the newest record's stream time: what lies between the two is how far it trails.
        trails_ms = self.clock.high_append_ms - (self.clock.high_ms or 0)
        self._now_ms = max(self._now_ms, self.clock.watermark_ms + trails_ms)
        self._run(self.clock.watermark_ms)

    def settled(self, delivery: Delivery) -> None:
        """A notification has arrived, or is not to be sent any more; while parts are still being loaded it is."""
        if not self._loaded and self._outbox.settle(delivery):
            self._settled = True

    def take_changes(self) -> Changes:
        """Hand over what has changed since the last call."""
        self._noted.late, self._minutes.late = self._minutes.late, 0
        self._noted.told = self._told
        changes = Changes(states=list(self._changed()), tally=self._noted)
        if self._results:
            changes.results[self._topic] = self._results
        self._results, self._noted = [], Noted()
        self._stepped = self._heard = self._settled = False
        return changes

    def _run(self, clock_ms: int) -> None:
        for minute in self._minutes.ready(self._now_ms, clock_ms):
            self._stepped = True
            for told in self._detector.take(self._observed.bucket(minute)):
                alert = told.alert
                self._results.append((alert.id.encode(), write(alert)))
                self._noted.alerts.append(alert)
                self._noted.deliveries += self._outbox.put(alert)
                self._told = told_after(self._told, alert)

    def _changed(self) -> Iterator[tuple[bytes, bytes | None]]:
        if self._stepped:
            yield from self._write(_DETECTOR, self._detector.dump())
            yield from self._write(_ATTEMPTS, msgspec.json.encode(self._observed.minutes))
            yield from self._write(_TOLD, msgspec.json.encode(self._told))
        if self._stepped or self._settled:
            yield from self._write(_OUTBOX, self._outbox.dump())
        if self._stepped or self._heard:
            yield from self._write(_MINUTES, self._minutes.dump())

    def _write(self, name: bytes, state: bytes) -> Iterator[tuple[bytes, bytes | None]]:
        parts = _parts(name, state)
        for key in _keys(name, self._known):
            if key not in parts:
                del self._known[key]
                yield key, None
        for key, part in parts.items():
            if self._known.get(key) != part:
                self._known[key] = part
                yield key, part

    def _wake(self) -> None:
        """Make the parts whole that were loaded."""
        loaded, self._loaded = self._loaded, {}

        def whole(name: bytes) -> bytes:
            return b"".join(loaded[key] for key in _keys(name, loaded))

        if state := whole(_MINUTES):
            self._minutes = load_minutes(state)
        if state := whole(_ATTEMPTS):
            self._observed = Observed(msgspec.json.decode(state, type=list[dict[str, Tried]]))
        if state := whole(_DETECTOR):
            self._detector.load(state)
        if state := whole(_OUTBOX):
            self._outbox.load(state)
        if state := whole(_TOLD):
            self._told = msgspec.json.decode(state, type=list[Told])


def _parts(name: bytes, state: bytes) -> dict[bytes, bytes]:
    """By key: the first part has the bare name."""
    parts = (state[start : start + PART_BYTES] for start in range(0, len(state), PART_BYTES))
    return {name + b"-%04d" % number if number else name: part for number, part in enumerate(parts)}


def _keys(name: bytes, known: Iterable[bytes]) -> list[bytes]:
    """Of all parts, in order."""
    return sorted(key for key in known if key == name or key.startswith(name + b"-"))
