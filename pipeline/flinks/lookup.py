"""Finding a name of the catalogue as a person types it, and what its class means for whoever is on call."""

from difflib import get_close_matches
from typing import Final

from pipeline.flinks.catalogue import CATALOGUE, Entry, FailureClass

_ALIKE: Final = 0.75
"""difflib's ratio: INVALID_PASWORD is 0.97 like INVALID_PASSWORD, names that merely share a word are below it."""

CLASS_MEANING: Final = {
    FailureClass.USER: "the user can put it right and may try again",
    FailureClass.USER_AT_BANK: "the user has to settle it with the bank first",
    FailureClass.INSTITUTION: "the bank's side; if many users meet it, the bank has an outage",
    FailureClass.PLATFORM: "Flinks' side; if many banks show it, Flinks has an outage",
    FailureClass.INTEGRATION: "our side: the settings, or how Flinks is called or embedded",
    FailureClass.EXPIRY: "time ran out; the user has to begin anew",
    FailureClass.UNKNOWN: "the catalogue does not have it; it is counted, and should be added",
}
"""Whose turn it is."""


def find(name: str) -> Entry | None:
    """The entry of a name in any case, with spaces or hyphens for underscores."""
    return CATALOGUE.get(_written(name))


def near(name: str) -> list[str]:
    """Up to three names that may have been meant, the likeliest first."""
    return get_close_matches(_written(name), CATALOGUE, n=3, cutoff=_ALIKE)


def advice(name: str, *, in_browser: bool) -> str | None:
    """What to do about an event or code, None if the catalogue does not have it."""
    entry = CATALOGUE.get(name)
    return entry.meaning(in_browser=in_browser).advice if entry else None


def _written(name: str) -> str:
    return name.strip().upper().replace("-", "_").replace(" ", "_")
