"""What a text must look like to pass: whatever stands in the wrong field does not look like what belongs there."""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.institutions import known_name, name_of_id

_UUID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9-]{8,64}", re.ASCII)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{1,63}", re.ASCII)
_MFA_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,31}", re.ASCII)
_ENDPOINT: Final = re.compile(r"(?:.*/BankingServices/)?([A-Z][A-Za-z]{1,39})(?:[/?].*)?", re.ASCII | re.DOTALL)
_INSTITUTION: Final = re.compile(r"[\w &'\u2019.,()-]+")
_TOKEN: Final = re.compile(r"(?=[\w-]*\d)[\w-]{16,}|[\w-]{25,}")
"""Letters and digits in one piece, as keys and ids are and no name is."""
_LONG_NUMBER: Final = re.compile(r"(?:\d[ .-]?){6}")
"""Of an account, a card, a telephone, or a one-time code."""

_INSTITUTION_CHARS: Final = 64
_INSTITUTIONS: Final = 4_096
"""Spellings that are remembered: the same few hundred come again and again."""
_ID_DIGITS: Final = 4
_NAME_DIGITS: Final = 3
_WORD_CHARS: Final = 24
"""Flinks' longest word has 17; a key without blanks is longer."""

_SPELLED: Final = {other: name for name, entry in CATALOGUE.items() for other in entry.spelled}


def identifier(value: Any) -> str | None:
    """A requestId, loginId and the like; a UUID in small letters, so that both sides of a join write it alike."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _UUID.fullmatch(text):
        return text.lower()
    if _IDENTIFIER.fullmatch(text) and not _LONG_NUMBER.search(text):
        return text
    return None


def flinks_name(value: Any) -> str | None:
    """The name of an event or code, known or not."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text in CATALOGUE:
        return text
    if text in _SPELLED:
        return _SPELLED[text]
    if not _NAME.fullmatch(text) or max(map(len, text.split("_"))) > _WORD_CHARS:
        return None
    return text if sum(map(str.isdigit, text)) <= _NAME_DIGITS else None


def institution(name: Any, number: Any = None) -> str | None:
    """Our name of an institution that Flinks names, or numbers, or both; its own name where we have none.

    A number that we do not know stands for itself, so that it can be seen which ones are missing.
    """
    if (name is None or type(name) is str) and (number is None or type(number) is int):
        return _institution(name and name[: 2 * _INSTITUTION_CHARS], number)
    return _institution.__wrapped__(name, number)


@lru_cache(_INSTITUTIONS)
def _institution(name: Any, number: Any) -> str | None:
    numbered = _number(name if name is not None else number)
    if numbered is not None:
        return name_of_id(numbered) or str(numbered)
    known = _number(number)
    by_id = None if known is None else name_of_id(known)
    if not isinstance(name, str):
        return by_id
    text = " ".join(unicodedata.normalize("NFC", name).split())
    return known_name(text) or by_id or (text if _is_institution(text) else None)


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value.strip()) if len(value.strip()) <= _ID_DIGITS else None
    return value if type(value) is int and 0 <= value < 10**_ID_DIGITS else None


def _is_institution(text: str) -> bool:
    return (
        len(text) <= _INSTITUTION_CHARS
        and any(map(str.isalpha, text))
        and sum(map(str.isdigit, text)) <= _ID_DIGITS
        and _INSTITUTION.fullmatch(text) is not None
        and not _TOKEN.search(text)
    )


def mfa_type(value: Any) -> str | None:
    """A kind of security question: one word, never the question itself."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not _MFA_TYPE.fullmatch(text) or sum(map(str.isdigit, text)) > _NAME_DIGITS:
        return None
    return text


def endpoint(value: Any) -> str | None:
    """The API's endpoint, of which also the path may be given; its ids do not pass."""
    if not isinstance(value, str):
        return None
    found = _ENDPOINT.fullmatch(value.strip())
    return found[1] if found else None


def number(value: Any, below: int) -> int | None:
    """A small number, also written as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(below)):
        value = int(value)
    return value if type(value) is int and 0 <= value < below else None
