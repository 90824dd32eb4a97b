"""The incidents that are open: what is hot together is one."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.alerts.arrays import Flags
from pipeline.alerts.bucket import ANY
from pipeline.alerts.everywhere import everywhere
from pipeline.alerts.evidence import Evidence
from pipeline.alerts.incident import (
    JOIN_MIN,
    MAINTENANCE,
    SAMPLES,
    SPARED,
    Change,
    Ended,
    Finding,
    Incident,
    Open,
    ended,
    finding,
    incident_id,
    snapshots,
)
from pipeline.alerts.naming import code_of
from pipeline.alerts.recovery import NEW_NORMAL_MIN, recovered
from pipeline.alerts.series import SeriesTable, is_users_own
from pipeline.alerts.thresholds import Hot, Needed
from pipeline.alerts.wide import wide

Samples = Mapping[tuple[str, str], Sequence[str]]


class Incidents:
    """Opens, extends and ends incidents. All methods are deterministic."""

    def __init__(self, table: SeriesTable, width_min: int) -> None:
        self.table = table
        self.width_min = width_min
        self.open: Open = {}
        self.ended: list[Ended] = []
        """The newest, for those that come again."""

    def step(
        self, at: int, hots: list[Hot], evidence: Evidence, enough: Needed, samples: Samples, muted: Flags
    ) -> list[Change]:
        """What happens at a bucket's end, in minutes since 1970; resolved ones come first.

        What is `muted` is under maintenance, and not hot.
        """
        told = list(self._under_maintenance(at, muted))
        for one in wide(at, hots, evidence, self.table, enough, self.width_min):
            told += everywhere(self.open, at, one)
        mine: dict[str, list[Hot]] = {}
        for hot in sorted(hots, key=self._order):
            institution, code = self.table.names[hot.series]
            if not self._held_back(hot.series, code):
                mine.setdefault(institution, []).append(hot)
        for institution in sorted(mine):
            told += self._bank(at, institution, mine[institution], evidence, enough)
        self.ended = [one for one in self.ended if at - one.at <= JOIN_MIN]
        for key, incident in self.open.items():
            self._keep_samples(incident, samples)
            if incident.opened == at:
                before = [one.in_a_row for one in self.ended if (one.institution, one.code) == key]
                incident.in_a_row += max(before, default=0)
        told += list(self._end(at, evidence))
        return sorted(snapshots(told), key=lambda change: change.state != "resolved")

    def _under_maintenance(self, at: int, muted: Flags) -> Iterator[Change]:
        for key, incident in list(self.open.items()):
            if muted[sorted(incident.members)].all():
                yield ended(self.open, at, key, MAINTENANCE)

    def _order(self, hot: Hot) -> tuple[bool, float, tuple[str, str]]:
        return not hot.page, -hot.nats, self.table.names[hot.series]

    def _held_back(self, series: int, code: str) -> bool:
        """Whether a Flinks-wide incident tells it already; then it tells nothing of the bank."""
        return any(one.wide and (series in one.members or code == ANY) for one in self.open.values())

    def _bank(self, at: int, institution: str, hots: list[Hot], evidence: Evidence, enough: Needed) -> Iterator[Change]:
        open_here = [one for one in self.open.values() if one.institution == institution and not one.wide]
        new: list[Hot] = []
        for hot in hots:
            code = self.table.names[hot.series][1]
            incident = next((one for one in open_here if hot.series in one.members), None) or next(
                (one for one in open_here if _belongs(one, code, at)), None
            )
            if incident is None:
                new.append(hot)
            else:
                yield from self._extend(at, incident, hot, self._finding(at, evidence, hot, enough))
        if not new:
            return
        code, first = code_of(new, evidence, self.table)
        if same := self.open.get((institution, code)):
            for hot in new:
                yield from self._extend(at, same, hot, self._finding(at, evidence, hot, enough))
            return
        incident = Incident(
            id=incident_id(institution, code, at),
            institution=institution,
            code=code,
            wide=False,
            opened=at,
            started=at - int(evidence.buckets[first.horizon]) * self.width_min,
            page=first.page,
            members={hot.series: self._finding(at, evidence, hot, enough) for hot in new},
            codes=[name for name in (self.table.names[hot.series][1] for hot in new) if name != ANY],
            finding=self._finding(at, evidence, first, enough),
        )
        self.open[institution, code] = incident
        yield Change(at, "firing", incident, "above the threshold")

    def _finding(self, at: int, evidence: Evidence, hot: Hot, enough: Needed) -> Finding:
        return finding(evidence, hot, enough.page if hot.page else enough.ticket, at, self.width_min)

    def _extend(self, at: int, incident: Incident, hot: Hot, found: Finding) -> Iterator[Change]:
        code = self.table.names[hot.series][1]
        known = incident.members.get(hot.series)
        if known is None or found.nats >= known.nats:
            incident.members[hot.series] = found
        if found.nats > incident.finding.nats and incident.code in {ANY, code}:
            incident.finding = found
        worse = hot.page and not incident.page
        more = code != ANY and code not in incident.codes
        if more:
            incident.codes.append(code)
        if worse:
            incident.page = True
        if worse or more:
            incident.revision += 1
            yield Change(at, "firing" if worse else "updated", incident, "now a page" if worse else f"{code} as well")

    def _keep_samples(self, incident: Incident, samples: Samples) -> None:
        for series in sorted(incident.members):
            room = SAMPLES - len(incident.samples)
            known = set(incident.samples)
            incident.samples += [one for one in samples.get(self.table.names[series], ()) if one not in known][:room]

    def _end(self, at: int, evidence: Evidence) -> Iterator[Change]:
        for key, incident in list(self.open.items()):
            if not recovered(incident, at, evidence, self.table, self.width_min):
                incident.well_since = None
            elif incident.well_since is None:
                incident.well_since = at
            patience_min = JOIN_MIN if incident.in_a_row > SPARED else 0
            if incident.well_since is not None and at - incident.well_since >= patience_min:
                self.ended.append(Ended(*key, at, incident.in_a_row))
                yield ended(self.open, at, key, "recovered")
            elif at - incident.opened >= NEW_NORMAL_MIN:
                yield ended(self.open, at, key, "new normal")

    def touched(self) -> Flags:
        """All series of the institutions that have an incident."""
        return self.of_same_institutions(list(self.open.values()))

    def of_same_institutions(self, incidents: Sequence[Incident]) -> Flags:
        places = {int(self.table.institution[series]) for one in incidents for series in one.members}
        named = np.zeros(len(self.table.institutions), bool)
        named[sorted(places)] = True
        flags: Flags = named[self.table.institution]
        return flags


def _belongs(incident: Incident, code: str, at: int) -> bool:
    """Whether a code that became hot at the bank is part of what is going on there.

    Soon after its beginning everything is; later only what speaks of the bank, when the bank is known to be in trouble.
    """
    if at - incident.opened <= JOIN_MIN:
        return True
    return incident.page and not is_users_own(code) and any(not is_users_own(known) for known in incident.codes)
