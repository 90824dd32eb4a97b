"""Logins told apart without being told: a loginId is a permanent key to someone's accounts, so only a hash passes."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from pipeline.flinks.shapes import identifier

_HEX_DIGITS: Final = 32
"""128 bits: two logins never share them."""
_KEY_CHARS: Final = 32
"""The fewest; `openssl rand -hex 32` makes 64."""
_KEYS: Final = 2


class LoginKeyError(ValueError):
    """The keys can not be used; the message says why and never shows one."""


@dataclass(frozen=True, slots=True)
class LoginKeys:
    """The secret keys of the hash.

    To change the key, put the new one first and keep the old one second for as long as results are joined by login;
    then take the old one away. Meanwhile each event has both hashes, new one first, with a blank between: two
    events are of one login when they share a hash. So events from before, during and after the change join.
    """

    keys: tuple[str, ...] = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "LoginKeys":
        """From one key, or two with white space between; raises LoginKeyError."""
        keys = tuple(text.split())
        if not 1 <= len(keys) <= _KEYS:
            raise LoginKeyError(f"there is one login key, or two while it is being changed, not {len(keys)}")
        if min(map(len, keys)) < _KEY_CHARS:
            raise LoginKeyError(
                f"a login key has {_KEY_CHARS} characters or more: make one with `openssl rand -hex 32`"
            )
        return cls(keys)

    def hashed(self, login_id: Any) -> str | None:
        """What stands for a loginId in events, None for what is none."""
        text = identifier(login_id)
        return None if text is None else " ".join(_hashed(key, text) for key in self.keys)


def _hashed(key: str, login_id: str) -> str:
    """HMAC-SHA256 of the loginId in small letters, which a backend can also make."""
    return hmac.new(key.encode(), login_id.lower().encode(), sha256).hexdigest()[:_HEX_DIGITS]
