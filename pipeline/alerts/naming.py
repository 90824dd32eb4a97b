"""What an incident of one bank is called by: one code, or any."""

from typing import Final

from pipeline.alerts.bucket import ANY, OTHER_SIGNALS
from pipeline.alerts.evidence import Evidence
from pipeline.alerts.series import SeriesTable, tells_of_outage
from pipeline.alerts.statistic import TINY
from pipeline.alerts.thresholds import Hot

MOST_OF_IT: Final = 0.7
"""Share of the bank's extra failures that one code must have for the incident to be called by it. With two codes at
odds of one to one it would be a half; a rest of a third may be codes that are always there."""


def code_of(hots: list[Hot], evidence: Evidence, table: SeriesTable) -> tuple[str, Hot]:
    """(code, the one that tells most) of what became hot at a bank; the worst come first."""
    worst = [hot for hot in hots if hot.page] or hots
    told = [hot for hot in worst if not table.whole[hot.series]]
    # A code says more than that nobody completes.
    first = next((hot for hot in told if table.names[hot.series][1] not in OTHER_SIGNALS), (told or worst)[0])
    institution, code = table.names[first.series]
    bank = table.numbers.get((institution, ANY))
    if bank is None or not tells_of_outage(code):
        return code, first
    outage_codes = sum(tells_of_outage(table.names[hot.series][1]) for hot in hots)
    extra = evidence.failures[first.horizon] - evidence.expected[first.horizon]
    part = extra[first.series] / max(TINY, extra[bank])
    all_of_it = any(hot.series == bank for hot in hots)
    return (ANY if outage_codes > 1 or (all_of_it and part < MOST_OF_IT) else code), first
