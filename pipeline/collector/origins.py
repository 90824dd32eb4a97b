"""Which pages may send events: the origins of an app."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_HOST: Final = r"([a-z0-9-]+(?:\.[a-z0-9-]+)*)(:[0-9]{1,5})?"
_ORIGIN: Final = re.compile(r"https?://" + _HOST)
_LISTED: Final = re.compile(r"(https?)://(\*\.)?" + _HOST)


class OriginsError(ValueError):
    """What is listed is no origin; the message says which."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Exact origins, and those below a host: https://*.example.com is every host that ends in .example.com."""

    exact: frozenset[str] = frozenset()
    below: tuple[tuple[str, str], ...] = ()
    """("https://", ".example.com:8443")."""
    anywhere: bool = False

    @classmethod
    def read(cls, listed: Iterable[str]) -> "Origins":
        """From the settings; raises OriginsError. "*" alone is every page there is."""
        exact, below, anywhere = set(), [], False
        for text in listed:
            if text == "*":
                anywhere = True
                continue
            found = _LISTED.fullmatch(text)
            if found is None:
                raise OriginsError(f"{text[:80]!r} is not like https://pay.example.com or https://*.example.com")
            scheme, wild, host, port = found.groups(default="")
            if wild:
                below.append((f"{scheme}://", f".{host}{port}"))
            else:
                exact.add(text)
        return cls(frozenset(exact), tuple(below), anywhere)

    def allow(self, origin: str) -> bool:
        """Whether a browser's Origin header is one of them."""
        if self.anywhere or origin in self.exact:
            return True
        return any(
            # The whole host must be one: "https://evil.com/.example.com" is not even an origin.
            origin.startswith(scheme) and origin.endswith(suffix) and bool(_ORIGIN.fullmatch(origin))
            for scheme, suffix in self.below
        )
