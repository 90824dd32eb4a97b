"""The extras of an event: only what the catalogue allows for its name, and only in its shape."""

import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.event import Attributes
from pipeline.flinks.raw import Fields, fields_of
from pipeline.flinks.shapes import mfa_type, number

_MFA_TYPES: Final = 20
_RETRIES: Final = 100
_ACCOUNTS: Final = 1_000
"""Larger numbers are no counts."""


def _mfa_types(value: Any) -> list[str] | None:
    """Of a name, several with commas between, a list of names, or the challenges of an answer: their types."""
    if isinstance(value, str):
        value = _listed(value)
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return None
    told = [fields_of(one).get("type") if isinstance(one, dict) else one for one in value[:_MFA_TYPES]]
    return list(dict.fromkeys(filter(None, map(mfa_type, told)))) or None


def _listed(text: str) -> Any:
    if text.lstrip().startswith("["):
        try:
            return orjson.loads(text)
        except ValueError:
            return None
    return re.split("[,;|]", text, maxsplit=_MFA_TYPES)


def _retries(value: Any) -> int | None:
    return number(value, _RETRIES)


def _accounts(value: Any) -> int | None:
    return number(value, _ACCOUNTS)


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value))


_READ: Final[dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]]] = {
    "mfa_types": (_mfa_types, ("mfatypes", "mfatype", "securitychallenges")),
    # Flinks does not say how the field of RETRY_COUNT is called.
    "retry_count": (_retries, ("retrycount", "count", "retries", "retry", "numberofretries", "value")),
    "total_accounts": (_accounts, ("totalaccounts",)),
    "displayed_accounts": (_accounts, ("displayedaccounts",)),
    "cached": (_flag, ("cached",)),
}
"""Attribute to how it is read, and the fields that it may stand in, likeliest first."""


def attributes_of(name: str, fields: Fields, endpoint: str | None = None) -> Attributes | None:
    """What may be told of an event of this name besides, None if there is nothing; unknown names tell nothing."""
    entry = CATALOGUE.get(name)
    if endpoint is None and (entry is None or not entry.attributes):
        return None
    attributes = Attributes(endpoint=endpoint)
    for attribute in entry.attributes if entry else ():
        read, places = _READ[attribute]
        told = (read(fields[place]) for place in places if place in fields)
        setattr(attributes, attribute, next((value for value in told if value is not None), None))
    return None if attributes == Attributes() else attributes
