"""Ids that senders make up: of events and visits. They go onto the topics, so nobody's number may stand in them."""

import re
from typing import Any, Final

_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}")
_LONG_NUMBER: Final = re.compile(r"(?:\d[._-]?){9}")
"""A telephone, an account, a card."""


def made_up_id(value: Any) -> str | None:
    """The id, None if it is not like one."""
    if not isinstance(value, str):
        return None
    if _UUID.fullmatch(value):
        return value
    return value if _ID.fullmatch(value) and not _LONG_NUMBER.search(value) else None


_RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")


def release_of(value: Any) -> str | None:
    """A page's version, None if it is not like one."""
    if not isinstance(value, str) or not _RELEASE.fullmatch(value) or _LONG_NUMBER.search(value):
        return None
    return value
