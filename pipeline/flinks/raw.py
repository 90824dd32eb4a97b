"""What is common to all that Flinks sends: who stamps it, what may become of it, and its fields under any spelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from pipeline.flinks.event import Reason
from pipeline.flinks.shapes import institution


class Stamp(Struct, frozen=True, gc=False):
    """What whoever takes a message adds to it, for Flinks' messages have no id and no time.

    It is passed on as it is: what a browser says of it is to be checked before.
    """

    id: str
    received_at: str
    """This and `at`: RFC 3339 UTC with milliseconds."""
    at: str | None = None
    seq: int | None = None
    connect_session_id: str | None = None
    app: str | None = None
    environment: str | None = None
    platform: str | None = None
    release: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Not a message of Flinks: pages, frameworks and browser extensions post messages of their own."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that seems to be Flinks' and can not be used; neither reason nor detail shows what was in it."""

    reason: Reason
    detail: str


Fields = Mapping[str, Any]
"""The fields of a message by name, in small letters and without underscores: requestid, flinkscode."""

_FIELDS: Final = 200
"""Flinks' messages have about five, and its answers about fifteen; what comes after these is not looked at."""

_SPELLED: Final = {
    name: name.lower()
    for name in ("step", "flinksCode", "requestId", "institution", "loginId", "url", "mfaTypes", "cached", "FlinksCode")
}
"""Quicker than to make it each time."""


def fields_of(message: Mapping[str, Any]) -> Fields:
    """Flinks writes requestId in browsers and RequestId in answers; of two spellings the first counts.

    What is null or "" is left out.
    """
    found: dict[str, Any] = {}
    for name, value in message.items() if len(message) <= _FIELDS else islice(message.items(), _FIELDS):
        if value is not None and value != "":
            found.setdefault(_SPELLED.get(name) or name.lower().replace("_", ""), value)
    return found


def institution_of(fields: Fields) -> str | None:
    """Our name of the institution that the fields tell of, by name, by number or as an object of both."""
    told, number = fields.get("institution"), fields.get("institutionid")
    if told is None:
        told = fields.get("institutionname")
    if isinstance(told, dict):
        inner = fields_of(told)
        return institution(inner.get("name"), inner.get("id", number))
    return institution(told, number)
