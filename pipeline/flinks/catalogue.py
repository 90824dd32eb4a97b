"""Every name that Flinks Connect uses and what it means, read from catalogue.toml."""

import tomllib
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
class Entry:
    """One name of the catalogue; catalogue.toml says what each field means."""

    name: str
    kinds: tuple[str, ...]
    role: Role
    about: str
    stage: str | None = None
    failure_class: FailureClass | None = None
    failure_class_outside_browser: FailureClass | None = None
    decision: Literal["accept", "deny"] | None = None
    attempt: bool = False
    begins: bool = False
    retry: bool = False
    completes: bool = False
    closes: bool = False
    background: bool = False


class CatalogueError(ValueError):
    """catalogue.toml holds something that can not be; the message names the entry."""


def _entry(name: str, table: dict[str, Any], stages: tuple[str, ...]) -> Entry:
    try:
        known = dict(table)
        user = known.pop("class", None)
        elsewhere = known.pop("class_outside_browser", user)
        entry = Entry(
            name=name,
            kinds=tuple(known.pop("kinds")),
            role=Role(known.pop("role")),
            failure_class=FailureClass(user) if user else None,
            failure_class_outside_browser=FailureClass(elsewhere) if elsewhere else None,
            **known,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogueError(f"catalogue.toml, {name}: {error}") from error
    if entry.stage is not None and entry.stage not in stages:
        raise CatalogueError(f"catalogue.toml, {name}: no stage is called {entry.stage}")
    if (entry.role is Role.FAILURE) != (entry.failure_class is not None):
        raise CatalogueError(f"catalogue.toml, {name}: a failure needs a class, and nothing else has one")
    if not set(entry.kinds) <= {"step", "code", "api"}:
        raise CatalogueError(f"catalogue.toml, {name}: kinds are step, code and api")
    return entry


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
