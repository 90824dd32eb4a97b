"""Whether what was told is an incident that was made up."""

from datetime import datetime
from typing import Final

from pipeline.alerts import Alert
from tests.alerts.counts import START, Trouble

GRACE_MIN: Final = 10
"""After its end an incident may still be found."""


def minute_of(one: Alert) -> int:
    """When it was decided, in minutes of the simulation."""
    return int(datetime.fromisoformat(one.updated_at).timestamp()) // 60 - START


def fits(one: Alert, trouble: Trouble) -> bool:
    bank = one.institution in trouble.banks or (one.institution == "*" and trouble.kind == "wide")
    return bank and one.code in {trouble.code, "*"} and trouble.start <= minute_of(one) <= trouble.end + GRACE_MIN
