"""Institutions under their many names, read from institutions.toml, and the one name that each has with us."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final


@dataclass(frozen=True, slots=True)
class Institutions:
    """What institutions.toml says."""

    names: tuple[str, ...]
    """In its order, without the sandbox."""
    sandbox: str
    by_id: Mapping[int, str]
    by_spelling: Mapping[str, str]
    """Every name and alias, as `spelling` has it, to the name."""


class InstitutionsError(ValueError):
    """institutions.toml holds something that can not be; the message names the institution."""


def spelling(name: str) -> str:
    """What is left of a name without case, accents, blanks and punctuation."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def read_institutions(text: str) -> Institutions:
    """Raises InstitutionsError."""
    names: list[str] = []
    sandboxes: list[str] = []
    by_id: dict[int, str] = {}
    by_spelling: dict[str, str] = {}
    for name, table in tomllib.loads(text).items():
        unknown = table.keys() - {"ids", "also", "sandbox"}
        if unknown:
            raise InstitutionsError(f"institutions.toml, {name}: there is no {', '.join(sorted(unknown))}")
        for number in table.get("ids", ()):
            if by_id.setdefault(number, name) != name:
                raise InstitutionsError(f"institutions.toml, {name}: {number} is {by_id[number]}'s id too")
        for alias in (name, *table.get("also", ())):
            if by_spelling.setdefault(spelling(alias), name) != name:
                other = by_spelling[spelling(alias)]
                raise InstitutionsError(f"institutions.toml, {name}: {alias} is {other}'s name too")
        (sandboxes if table.get("sandbox") else names).append(name)
    if len(sandboxes) != 1:
        raise InstitutionsError(f"institutions.toml: one institution is the sandbox, not {len(sandboxes)}")
    return Institutions(tuple(names), sandboxes[0], by_id, by_spelling)


_KNOWN: Final = read_institutions(resources.files(__package__).joinpath("institutions.toml").read_text("utf-8"))

SANDBOX: Final = _KNOWN.sandbox
"""Flinks' make-believe bank; left out of metrics unless asked for."""

INSTITUTIONS: Final = _KNOWN.names
"""Those that get a metric label of their own unless the settings say otherwise."""


def known_name(name: str) -> str | None:
    """Our name of an institution that is called so, None if we do not know it."""
    return _KNOWN.by_spelling.get(spelling(name))


def plain_name(name: str) -> str:
    """The same for all spellings of an institution, whether we know it or not."""
    return known_name(name) or spelling(name)


def name_of_id(number: int) -> str | None:
    """Our name of the institution with Flinks' number, None if we do not know it."""
    return _KNOWN.by_id.get(number)
