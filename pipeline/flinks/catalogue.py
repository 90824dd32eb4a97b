"""Every name that Flinks Connect uses and what it means, read from catalogue.toml."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal


class Role(StrEnum):
    """What a name says about the way to a connected account."""

    PROGRESS = "progress"
    FAILURE = "failure"
    IN_PROGRESS = "in_progress"
    BENIGN = "benign"
    TERMINAL = "terminal"
    INFORMATION = "information"


class FailureClass(StrEnum):
    """Whose failure it is. `UNKNOWN` is for codes that the catalogue does not have."""

    USER = "user"
    USER_AT_BANK = "user-at-bank"
    INSTITUTION = "institution"
    PLATFORM = "platform"
    INTEGRATION = "integration"
    EXPIRY = "expiry"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means where it comes from."""

    about: str
    advice: str
    message: str | None = None
    failure_class: FailureClass | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of the catalogue; catalogue.toml says what each field means."""

    name: str
    listed: tuple[str, ...]
    kinds: tuple[str, ...]
    role: Role
    in_browser: Meaning
    outside_browser: Meaning
    """What the backend or a webhook means by it: nearly always the same."""
    http_status: int | None = None
    spelled: tuple[str, ...] = ()
    stage: str | None = None
    decision: Literal["accept", "deny"] | None = None
    attempt: bool = False
    begins: bool = False
    retry: bool = False
    completes: bool = False
    closes: bool = False
    background: bool = False
    attributes: frozenset[str] = frozenset()

    def meaning(self, *, in_browser: bool) -> Meaning:
        return self.in_browser if in_browser else self.outside_browser


class CatalogueError(ValueError):
    """catalogue.toml holds something that can not be; the message names the entry."""


_LISTED: Final = frozenset({"user events", "API events", "public code"})
_KINDS: Final = frozenset({"step", "code", "api"})
_ATTRIBUTES: Final = frozenset({"mfa_types", "retry_count", "total_accounts", "displayed_accounts", "cached"})
_STATUSES: Final = range(100, 600)


def _meaning(table: dict[str, Any]) -> Meaning:
    """Takes what belongs to the meaning out of the table."""
    failure_class = table.pop("class", None)
    return Meaning(
        about=table.pop("about"),
        advice=table.pop("advice"),
        message=table.pop("message", None),
        failure_class=None if failure_class is None else FailureClass(failure_class),
    )


def _only_meaning(table: dict[str, Any]) -> Meaning:
    rest = dict(table)
    meaning = _meaning(rest)
    if rest:
        raise ValueError(f"outside_browser has no {', '.join(rest)}")
    return meaning


def _entry(name: str, table: dict[str, Any], stages: tuple[str, ...]) -> Entry:
    try:
        known = dict(table)
        in_browser = _meaning(known)
        elsewhere = known.pop("outside_browser", None)
        entry = Entry(
            name=name,
            listed=tuple(known.pop("listed")),
            kinds=tuple(known.pop("kinds")),
            role=Role(known.pop("role")),
            in_browser=in_browser,
            outside_browser=in_browser if elsewhere is None else _only_meaning(elsewhere),
            spelled=tuple(known.pop("spelled", ())),
            attributes=frozenset(known.pop("attributes", ())),
            **known,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogueError(f"catalogue.toml, {name}: {error}") from error
    for wrong in _wrong(entry, stages):
        raise CatalogueError(f"catalogue.toml, {name}: {wrong}")
    return entry


def _wrong(entry: Entry, stages: tuple[str, ...]) -> Iterator[str]:
    """What can not be."""
    if not entry.listed or not set(entry.listed) <= _LISTED:
        yield f"listed is one or more of {', '.join(sorted(_LISTED))}"
    if not entry.kinds or not set(entry.kinds) <= _KINDS:
        yield "kinds are step, code and api"
    if entry.stage is not None and entry.stage not in stages:
        yield f"no stage is called {entry.stage}"
    if not entry.attributes <= _ATTRIBUTES:
        yield f"attributes are {', '.join(sorted(_ATTRIBUTES))}"
    if entry.http_status is not None and entry.http_status not in _STATUSES:
        yield f"{entry.http_status} is no HTTP status"
    if "API events" in entry.listed and entry.http_status is None:
        yield "an API event has an HTTP status"
    for meaning in (entry.in_browser, entry.outside_browser):
        yield from _wrong_meaning(entry, meaning)


def _wrong_meaning(entry: Entry, meaning: Meaning) -> Iterator[str]:
    if (entry.role is Role.FAILURE) != (meaning.failure_class is not None):
        yield "a failure needs a class, and nothing else has one"
    if (set(entry.kinds) == {"step"}) == (meaning.message is not None):
        yield "a code or answer has a message, and nothing else has one"
    if not meaning.about or not meaning.advice:
        yield "about and advice say something"


def read_catalogue(text: str) -> tuple[tuple[str, ...], dict[str, Entry]]:
    """The stages in order and the entries by name; raises CatalogueError."""
    tables = tomllib.loads(text)
    stages = tuple(tables.pop("stages"))
    return stages, {name: _entry(name, table, stages) for name, table in tables.items()}


_stages, _entries = read_catalogue(resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8"))

STAGES: Final = _stages
"""The stages of the journey, first to last."""

CATALOGUE: Final = MappingProxyType(_entries)
"""Every known name."""
