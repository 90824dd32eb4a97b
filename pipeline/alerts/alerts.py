"""The detector and its incidents as one thing: buckets in, transitions out."""

from collections.abc import Iterator

import msgspec
import numpy as np

from pipeline.alerts.bucket import Bucket
from pipeline.alerts.dump import VERSION, State, read
from pipeline.alerts.evidence import Baselines, Evidence
from pipeline.alerts.incident import WIDE, Change, Incident
from pipeline.alerts.incidents import Incidents
from pipeline.alerts.series import SeriesTable
from pipeline.alerts.settings import AlertSettings
from pipeline.alerts.silence import Silence
from pipeline.alerts.thresholds import Needed, hot, needed
from pipeline.alerts.transition import Told, tell
from pipeline.alerts.windows import HORIZONS_MIN


class OrderError(ValueError):
    """A bucket came twice, or after a later one, or does not begin at a multiple of the width."""


class Alerts:
    """Spikes of error rates and outages, a bucket at a time.

    Pure: no I/O and no clock. Equal buckets give equal transitions and ids, also when the state was dumped and loaded
    in between, and each uses nothing later than its `updated_at`, which is its bucket's end.

    Buckets come in order of time. Those in between that are left out count as empty.
    """

    def __init__(self, settings: AlertSettings | None = None) -> None:
        self.settings = settings or AlertSettings()
        width = self.settings.width_min
        self.table = SeriesTable()
        self.baselines = Baselines(width)
        self.incidents = Incidents(self.table, width)
        self.silence = Silence(width)
        self.next: int | None = None
        """Start of the bucket that is to come, in minutes since 1970."""
        self.evidence: Evidence | None = None
        """Of the newest bucket, for whoever draws it."""

    def take(self, bucket: Bucket) -> list[Told]:
        """Take the next bucket; gives what is to be told at its end, ends of incidents first.

        Raises:
            OrderError: It is not the next bucket or a later one.
        """
        width = self.settings.width_min
        if bucket.minute % width or (self.next is not None and bucket.minute < self.next):
            raise OrderError(f"a bucket of {width} min at minute {bucket.minute}, after {self.next}")
        told: list[Told] = []
        for empty in self._left_out(bucket.minute):
            told += self._step(empty)
        told += self._step(bucket)
        self.next = bucket.minute + width
        return told

    def _left_out(self, minute: int) -> Iterator[Bucket]:
        """Empty buckets before a minute: those that a window still reaches, for a longer gap is none the emptier."""
        if self.next is None:
            return
        width = self.settings.width_min
        start = max(self.next, minute - (HORIZONS_MIN[-1] // width + 1) * width)
        if start > self.next:
            self.baselines.windows.clear()
            self.silence.baselines.windows.clear()
        for empty in range(start, minute, width):
            yield Bucket(empty, ())

    def _step(self, bucket: Bucket) -> list[Told]:
        settings, at = self.settings, bucket.minute + self.settings.width_min
        self.table.admit(bucket)
        table = self.table
        failures, attempts = table.counts(bucket)
        muted = settings.muted(bucket.minute, table)
        failures[muted] = attempts[muted] = 0
        frozen = self.incidents.touched() | muted
        evidence = self.baselines.take(bucket.minute, failures, attempts, table, frozen)
        self.evidence = evidence
        self.baselines.windows.forget(np.flatnonzero(muted))
        enough = needed(len(table), settings.width_min)
        hots = hot(evidence, enough, muted, table.bare, settings.width_min)
        changes = self.incidents.step(at, hots, evidence, enough, bucket.samples, muted)
        for change in changes:
            self._settle(change)
        begun = {member for change in changes if change.state == "firing" for member in change.incident.members}
        self.baselines.doubt(bucket.minute, np.array(sorted(begun), np.int64))
        told = [tell(change, table, settings.runbook_url) for change in changes]
        return told + self._silence(bucket, enough)

    def _settle(self, change: Change) -> None:
        """After an incident its banks begin with empty windows; those that went over to a wide one go on."""
        if change.state != "resolved" or change.reason == WIDE:
            return
        after = self.incidents.of_same_institutions([change.incident])
        if change.reason == "new normal":
            # A bank's sum is no member of a wide incident, and holds its code all the same.
            adopted = after & self.table.whole
            adopted[list(change.incident.members)] = True
            self.baselines.adopt(np.flatnonzero(adopted))
        self.baselines.windows.forget(np.flatnonzero(after))

    def _silence(self, bucket: Bucket, enough: Needed) -> list[Told]:
        settings = self.settings
        if not settings.watch_silence:
            return []
        changes = self.silence.step(bucket, enough, settings)
        return [tell(change, self.table, settings.runbook_url) for change in changes]

    @property
    def ongoing(self) -> list[Incident]:
        """The incidents that are open, oldest first."""
        return sorted(
            [*self.incidents.open.values(), *self.silence.open.values()], key=lambda one: (one.opened, one.id)
        )

    def dump(self) -> bytes:
        """The whole state."""
        state = State(
            version=VERSION,
            width_min=self.settings.width_min,
            next=self.next,
            table=self.table.pack(),
            baselines=self.baselines.pack(),
            incidents=list(self.incidents.open.values()),
            silence=self.silence.pack(),
            ended=self.incidents.ended,
        )
        return msgspec.msgpack.encode(state)

    def load(self, dumped: bytes) -> None:
        """Go on from a dump.

        Raises:
            pipeline.alerts.DumpError: It is not a dump, or one of another version or width.
        """
        state = read(dumped, self.settings.width_min)
        self.next = state.next
        self.table.unpack(state.table)
        self.baselines.unpack(state.baselines)
        self.incidents.open = {(one.institution, one.code): one for one in state.incidents}
        self.incidents.ended = state.ended
        self.silence.unpack(state.silence)
