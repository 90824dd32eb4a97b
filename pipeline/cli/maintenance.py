"""Maintenance windows, as options tell them."""

from datetime import datetime

import click

from pipeline.alerts.settings import Maintenance

_MINUTE_S = 60


def read_maintenance(spec: str) -> Maintenance:
    """From BANK@START/END.

    Raises:
        click.BadParameter: it is not of this form, a time has no offset from UTC, or it ends before it begins.
    """
    institution, at, times = spec.rpartition("@")
    start, slash, end = times.partition("/")
    if not (institution and at and slash):
        raise click.BadParameter(f"{spec!r} is not BANK@START/END", param_hint="--maintenance")
    start_min, end_min = _minute(start, spec), _minute(end, spec, _MINUTE_S)
    if end_min <= start_min:
        raise click.BadParameter(f"{spec!r} ends before it begins", param_hint="--maintenance")
    return Maintenance(start=start_min, end=end_min, institution=institution)


def _minute(text: str, spec: str, round_up_s: int = 0) -> int:
    """Minutes since 1970."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} in {spec!r} is no RFC 3339 time", param_hint="--maintenance") from None
    if time.tzinfo is None:
        raise click.BadParameter(f"{text!r} in {spec!r} has no offset from UTC", param_hint="--maintenance")
    return int(time.timestamp() + max(0, round_up_s - 1)) // _MINUTE_S
