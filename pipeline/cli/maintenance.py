"""Maintenance windows, as options tell them."""

from datetime import datetime

import click

from pipeline.alerts.bucket import ANY
from pipeline.alerts.settings import Maintenance
from pipeline.cli.institutions import UnknownInstitutionError, label_of

_MINUTE_S = 60


def read_maintenance(spec: str, institutions: tuple[str, ...]) -> Maintenance:
    """From BANK@START/END, the bank one of the institutions in any of its spellings, `other`, or `*`.

    Raises:
        click.BadParameter: it is not of this form, the bank is not known, a time has no offset from UTC, or it ends
            before it begins.
    """
    institution, at, times = spec.rpartition("@")
    start, slash, end = times.partition("/")
    if not (institution and at and slash):
        raise click.BadParameter(f"{spec!r} is not BANK@START/END", param_hint="--maintenance")
    start_min, end_min = _minute(start, spec), _minute(end, spec, _MINUTE_S)
    if end_min <= start_min:
        raise click.BadParameter(f"{spec!r} ends before it begins", param_hint="--maintenance")
    try:
        label = ANY if institution == ANY else label_of(institution, institutions)
    except UnknownInstitutionError as error:
        raise click.BadParameter(str(error), param_hint="--maintenance") from None
    return Maintenance(start=start_min, end=end_min, institution=label)


def _minute(text: str, spec: str, round_up_s: int = 0) -> int:
    """Minutes since 1970."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} in {spec!r} is no RFC 3339 time", param_hint="--maintenance") from None
    if time.tzinfo is None:
        raise click.BadParameter(f"{text!r} in {spec!r} has no offset from UTC", param_hint="--maintenance")
    return int(time.timestamp() + max(0, round_up_s - 1)) // _MINUTE_S
