"""The life of a Flinks-wide incident until its end."""

from collections.abc import Iterator
from typing import Final

import msgspec

from pipeline.alerts.bucket import ANY
from pipeline.alerts.incident import JOIN_MIN, WIDE, Change, Incident, Open, ended, incident_id
from pipeline.alerts.wide import Wide

MORE_TIMES: Final = 2
"""So many times the banks that were told are news: the list grows with a few revisions, and not with one a minute."""


def everywhere(ongoing: Open, at: int, one: Wide) -> Iterator[Change]:
    """Open an incident of a code that many banks have, or add to the one that is open; gives what is to be told."""
    incident = next((known for known in ongoing.values() if known.wide and one.code in known.codes), None)
    incident = incident or next(
        (known for known in ongoing.values() if known.wide and at - known.opened <= JOIN_MIN), None
    )
    members = {
        series: msgspec.structs.replace(one.finding, failures=round(share * 1e6), attempts=1_000_000)
        for series, share in zip(one.series.tolist(), one.shares.tolist(), strict=True)
    }
    if incident is None:
        yield from _merge(ongoing, at, one.code)
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
            affected=one.affected,
            listed=len(one.affected),
        )
        ongoing[ANY, one.code] = incident
        yield Change(at, "firing", incident, "many banks at once")
        return
    for series, found in members.items():
        known = incident.members.get(series)
        if known is None or found.nats >= known.nats:
            incident.members[series] = found
    if one.finding.nats > incident.finding.nats:
        incident.finding = one.finding
    incident.affected += [name for name in one.affected if name not in incident.affected]
    banks = len(incident.affected)
    more_codes, more_banks = one.code not in incident.codes, banks >= MORE_TIMES * incident.listed
    if more_codes:
        incident.codes.append(one.code)
    if more_codes or more_banks:
        incident.listed = banks
        incident.revision += 1
        yield Change(at, "updated", incident, f"{one.code} as well" if more_codes else f"{banks} banks by now")


def _merge(ongoing: Open, at: int, code: str) -> Iterator[Change]:
    """End the banks' own incidents that were the beginning of a Flinks-wide one."""
    for key, incident in list(ongoing.items()):
        if not incident.wide and incident.code in {code, ANY} and at - incident.opened <= JOIN_MIN:
            yield ended(ongoing, at, key, WIDE)
