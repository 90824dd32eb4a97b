"""How many people an incident has met, until now: what is told of it counts those of the minutes that decided."""

from pipeline.dashboard.alerts import ANY, Alert
from pipeline.dashboard.minutes import Minutes


def met(minutes: Minutes, alert: Alert, now_ms: int) -> int | None:
    """About how many; None if nobody can say.

    A visit counts once a code and minute, and as far back as the minutes go.
    """
    banks = {alert.institution, *alert.institutions} - {ANY}
    names = [f"code:{code}" for code in {alert.code, *alert.codes} - {ANY}]
    lasted = alert.minutes(now_ms)
    counted = sum(
        sums.get(name, 0)
        for minute, institutions in minutes.items()
        if minute in lasted
        for institution, sums in institutions.items()
        if not banks or institution in banks
        for name in names
    )
    return max(counted, alert.visits or 0) or alert.visits
