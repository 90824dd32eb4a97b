"""The incidents that are open: what is hot together is one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from pipeline.alerts.arrays import Flags
from pipeline.alerts.bucket import ANY
from pipeline.alerts.evidence import Evidence
from pipeline.alerts.incident import SAMPLES, Change, Finding, Incident, finding, incident_id, snapshots
from pipeline.alerts.naming import code_of
from pipeline.alerts.recovery import NEW_NORMAL_MIN, recovered
from pipeline.alerts.series import SeriesTable, is_users_own
from pipeline.alerts.thresholds import Hot, Needed
from pipeline.alerts.wide import Wide, wide

JOIN_MIN: Final = 15
"""What becomes hot at a bank this soon after an incident there belongs to it: the slowest outage to be found with many
codes shows its second code about 10 minutes after its first."""

Samples = Mapping[tuple[str, str], Sequence[str]]


class Incidents:
    """Opens, extends and ends incidents. All methods are deterministic."""

    def __init__(self, table: SeriesTable, width_min: int) -> None:
        self.table = table
        self.width_min = width_min
        self.open: dict[tuple[str, str], Incident] = {}

    def step(self, at: int, hots: list[Hot], evidence: Evidence, enough: Needed, samples: Samples) -> list[Change]:
        """What happens at a bucket's end, in minutes since 1970; resolved ones come first."""
        told: list[Change] = []
        for one in wide(at, hots, evidence, self.table, enough, self.width_min):
            told += self._wide(at, one)
        mine: dict[str, list[Hot]] = {}
        for hot in sorted(hots, key=self._order):
            institution, code = self.table.names[hot.series]
            if not self._held_back(hot.series, code):
                mine.setdefault(institution, []).append(hot)
        for institution in sorted(mine):
            told += self._bank(at, institution, mine[institution], evidence, enough)
        for incident in self.open.values():
            self._keep_samples(incident, samples)
        told += list(self._end(at, evidence))
        return sorted(snapshots(told), key=lambda change: change.state != "resolved")

    def _order(self, hot: Hot) -> tuple[bool, float, tuple[str, str]]:
        return not hot.page, -hot.nats, self.table.names[hot.series]

    def _held_back(self, series: int, code: str) -> bool:
        """Whether a Flinks-wide incident tells it already; then it tells nothing of the bank."""
        return any(one.wide and (series in one.members or code == ANY) for one in self.open.values())

    def _wide(self, at: int, one: Wide) -> Iterator[Change]:
        incident = next((known for known in self.open.values() if known.wide and one.code in known.codes), None)
        incident = incident or next(
            (known for known in self.open.values() if known.wide and at - known.opened <= JOIN_MIN), None
        )
        members = {
            series: msgspec.structs.replace(one.finding, failures=round(share * 1e6), attempts=1_000_000)
            for series, share in zip(one.series.tolist(), one.shares.tolist(), strict=True)
        }
        if incident is None:
            yield from self._merge(at, one.code)
            incident = Incident(
                id=incident_id(ANY, one.code, at),
                institution=ANY,
                code=one.code,
                wide=True,
                opened=at,
                started=at - one.minutes,
                page=True,
                members=members,
                codes=[one.code],
                finding=one.finding,
            )
            self.open[ANY, one.code] = incident
            yield Change(at, "firing", incident, "many banks at once")
            return
        for series, found in members.items():
            known = incident.members.get(series)
            if known is None or found.nats >= known.nats:
                incident.members[series] = found
        if one.finding.nats > incident.finding.nats:
            incident.finding = one.finding
        if one.code not in incident.codes:
            incident.codes.append(one.code)
            incident.revision += 1
            yield Change(at, "updated", incident, f"{one.code} as well")

    def _merge(self, at: int, code: str) -> Iterator[Change]:
        """End the banks' own incidents that were the beginning of a Flinks-wide one."""
        for key, incident in list(self.open.items()):
            if not incident.wide and incident.code in {code, ANY} and at - incident.opened <= JOIN_MIN:
                yield self._ended(at, key, "part of a Flinks-wide incident")

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
            if recovered(incident, at, evidence, self.table, self.width_min):
                yield self._ended(at, key, "recovered")
            elif at - incident.opened >= NEW_NORMAL_MIN:
                yield self._ended(at, key, "new normal")

    def _ended(self, at: int, key: tuple[str, str], reason: str) -> Change:
        incident = self.open.pop(key)
        incident.revision += 1
        return Change(at, "resolved", incident, reason)

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
