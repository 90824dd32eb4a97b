"""No visits where there should be: the same statistic, turned upside down."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from pipeline.alerts.arrays import Flags
from pipeline.alerts.bucket import ANY, Bucket, Row
from pipeline.alerts.evidence import Baselines, Evidence
from pipeline.alerts.incident import MAINTENANCE, Change, Finding, Incident, ended, incident_id, snapshots
from pipeline.alerts.recovery import NEW_NORMAL_MIN
from pipeline.alerts.season import DAY_MIN
from pipeline.alerts.series import SeriesTable
from pipeline.alerts.settings import AlertSettings
from pipeline.alerts.statistic import TINY, disagreement
from pipeline.alerts.thresholds import Needed

VISITS: Final = "ATTEMPTS"
"""The made-up code under which attempts themselves are counted."""

BACK_SHARE: Final = 0.2
"""Of the usual visits, for silence to be over. A straggler is no end of it, for with one every few minutes there would
be a page every few minutes."""


class Silence:
    """Watches the attempts of every institution and of all together; knows nothing on its first day."""

    def __init__(self, width_min: int) -> None:
        self.width_min = width_min
        self.table = SeriesTable()
        self.baselines = Baselines(width_min)
        self.since: dict[str, int] = {}
        """First minute of each institution."""
        self.open: dict[str, Incident] = {}

    def step(self, bucket: Bucket, enough: Needed, settings: AlertSettings) -> list[Change]:
        """Take a bucket of which it is known that it is whole."""
        tried = dict(bucket.attempts)
        for row in bucket.rows:
            tried[row.institution] = max(tried.get(row.institution, 0), row.attempts or 0)
        tried[ANY] = sum(count for name, count in tried.items() if name != ANY)
        for name, count in tried.items():
            if count:
                self.since.setdefault(name, bucket.minute)
        visits = Bucket(bucket.minute, [Row(name, VISITS, count, None) for name, count in sorted(tried.items())])
        self.table.admit(visits)
        failures, attempts = self.table.counts(visits)
        silent = np.array([not self.open.keys().isdisjoint((name, ANY)) for name, _ in self.table.names], bool)
        muted = settings.muted(bucket.minute, self.table)
        evidence = self.baselines.take(bucket.minute, failures, attempts, self.table, silent | muted)
        self.baselines.windows.forget(np.flatnonzero(muted))
        # Of all together those are not expected that are under maintenance.
        every = self.table.numbers[ANY, VISITS]
        evidence.expected[:, every] *= max(0.0, 1 - evidence.rate[muted].sum() / evidence.rate[every])
        at = bucket.minute + self.width_min
        # What begins in the bucket of an end would be judged by what that end has put right.
        return self._ended(at, evidence, muted) or self._begun(at, tried, evidence, enough, muted)

    def _ended(self, at: int, evidence: Evidence, muted: Flags) -> list[Change]:
        changes = []
        for name, incident in list(self.open.items()):
            series = self.table.numbers[name, VISITS]
            if muted[series]:
                changes.append(ended(self.open, at, name, MAINTENANCE))
                continue
            since = evidence.buckets * self.width_min <= at - incident.opened
            visits, usual = evidence.failures[:, series], evidence.expected[:, series]
            back = ((visits > 0) & (visits >= BACK_SHARE * usual))[since].any()
            # A bank may have gone, or have another name; that nobody comes at all is never how things are.
            usual_now = at - incident.opened >= NEW_NORMAL_MIN and (name != ANY or visits[-1] > 0)
            if not back and not usual_now:
                continue
            if not back:
                self.baselines.adopt(np.arange(len(self.table)) if name == ANY else np.array([series]))
            changes.append(ended(self.open, at, name, "visits again" if back else "new normal"))
        return changes

    def _begun(self, at: int, tried: dict[str, int], evidence: Evidence, enough: Needed, muted: Flags) -> list[Change]:
        failures, attempts, expected, unsure = evidence.failures, evidence.attempts, evidence.expected, evidence.unsure
        rate = expected / (attempts + TINY)
        nats = np.where(failures == 0, disagreement(attempts - failures, attempts, 1 - rate, unsure), 0.0)
        changes = []
        for name, series in sorted((name, number) for (name, _), number in self.table.numbers.items()):
            horizon = int(nats[:, series].argmax())
            needs = enough.page if name == ANY else enough.ticket
            known = at - self.since.get(name, at) >= DAY_MIN
            told = name in self.open or ANY in self.open or muted[series]
            if told or not known or tried.get(name) or nats[horizon, series] < needs:
                continue
            minutes = int(self.baselines.windows.buckets[horizon]) * self.width_min
            found = Finding(
                nats=float(nats[horizon, series]),
                needed=needs,
                failures=0,
                attempts=0,
                expected=float(expected[horizon, series]),
                spread=float(unsure[horizon, series] ** 0.5),
                minutes=minutes,
                at=at,
            )
            self.open[name] = Incident(
                id=incident_id(name, VISITS, at),
                institution=name,
                code=ANY,
                wide=name == ANY,
                opened=at,
                started=at - minutes,
                page=name == ANY,
                members={},
                codes=[],
                finding=found,
                silent=True,
            )
            changes.append(Change(at, "firing", self.open[name], "no visits"))
        return snapshots(changes)

    def pack(self) -> list[Any]:
        return [self.table.pack(), self.baselines.pack(), self.since, list(self.open.values())]

    def unpack(self, packed: Sequence[Any]) -> None:
        table, baselines, self.since, ongoing = packed
        self.table.unpack(table)
        self.baselines.unpack(baselines)
        self.open = {one.institution: one for one in msgspec.convert(ongoing, list[Incident], strict=False)}
