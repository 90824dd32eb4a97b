"""The alerts agent's work: counts become minutes, minutes become incidents, incidents are told."""

from collections.abc import Iterator, Sequence
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

STATE_FORMAT: Final = 2
"""To be raised with every change of what stands in the changelog."""
PART_BYTES: Final = 400_000
"""The detector's state is written in parts of this size, for a record has its limit."""

_MINUTES: Final = b"minutes"
_OUTBOX: Final = b"outbox"
_TOLD: Final = b"told"
_ATTEMPTS: Final = b"attempts"
_DETECTOR: Final = b"detector-"


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
        self.outbox = Outbox(receivers)
        self.told: list[Told] = []
        """What Alertmanager is to be told, as of the last record."""
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
        self._stepped = self._heard = self._delivered = False

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
        if key == _OUTBOX:
            self.outbox.load(state)
        elif key == _TOLD:
            self.told = msgspec.json.decode(state, type=list[Told])

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
            self._now_ms = max(self._now_ms, append_ms)
        self._run(0)

    def advance(self, watermark_ms: int) -> None:
        """Nobody told anything for a while; minutes are over all the same."""
        self._wake()
        self.clock.watermark_ms = max(self.clock.watermark_ms, watermark_ms)
        # The clock goes on from the newest record's stream time: what lies between the two is how far it trails.
        trails_ms = self.clock.high_append_ms - (self.clock.high_ms or 0)
        self._now_ms = max(self._now_ms, self.clock.watermark_ms + trails_ms)
        self._run(self.clock.watermark_ms)

    def delivered(self, delivery: Delivery) -> None:
        """A notification has arrived and need not be sent again."""
        if self.outbox.arrived(delivery):
            self._delivered = True

    def take_changes(self) -> Changes:
        """Hand over what has changed since the last call."""
        self._noted.late, self._minutes.late = self._minutes.late, 0
        self._noted.told = self.told
        changes = Changes(states=list(self._changed()), tally=self._noted)
        if self._results:
            changes.results[self._topic] = self._results
        self._results, self._noted = [], Noted()
        self._stepped = self._heard = self._delivered = False
        return changes

    def _run(self, clock_ms: int) -> None:
        for minute in self._minutes.ready(self._now_ms, clock_ms):
            self._stepped = True
            for told in self._detector.take(self._observed.bucket(minute)):
                alert = told.alert
                self._results.append((alert.id.encode(), write(alert)))
                self._noted.alerts.append(alert)
                self._noted.deliveries += self.outbox.put(alert)
                self.told = told_after(self.told, alert)

    def _changed(self) -> Iterator[tuple[bytes, bytes | None]]:
        if self._stepped:
            parts = _parts(self._detector.dump())
            gone = [key for key in self._known if key.startswith(_DETECTOR) and key not in parts]
            for key in gone:
                del self._known[key]
                yield key, None
            parts[_ATTEMPTS] = msgspec.json.encode(self._observed.minutes)
            parts[_TOLD] = msgspec.json.encode(self.told)
            for key, state in parts.items():
                yield from self._write(key, state)
        if self._stepped or self._delivered:
            yield from self._write(_OUTBOX, self.outbox.dump())
        if self._stepped or self._heard:
            yield from self._write(_MINUTES, self._minutes.dump())

    def _write(self, key: bytes, state: bytes) -> Iterator[tuple[bytes, bytes]]:
        if self._known.get(key) != state:
            self._known[key] = state
            yield key, state

    def _wake(self) -> None:
        """Make the parts whole that were loaded."""
        loaded, self._loaded = self._loaded, {}
        if _MINUTES in loaded:
            self._minutes = load_minutes(loaded[_MINUTES])
        if _ATTEMPTS in loaded:
            self._observed = Observed(msgspec.json.decode(loaded[_ATTEMPTS], type=list[dict[str, Tried]]))
        if parts := sorted(key for key in loaded if key.startswith(_DETECTOR)):
            self._detector.load(b"".join(loaded[key] for key in parts))


def _parts(state: bytes) -> dict[bytes, bytes]:
    starts = range(0, max(1, len(state)), PART_BYTES)
    return {_DETECTOR + b"%04d" % number: state[start : start + PART_BYTES] for number, start in enumerate(starts)}
