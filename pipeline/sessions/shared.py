"""One copy of what many events say alike, for each event comes with texts of its own."""

from typing import Final

from pipeline.sessions.window import Origin

_SHARED: Final = 1_000
"""There are about 250 institutions in Canada, and an installation has a handful of origins."""


class Shared:
    """Institutions and origins; look them up in the dicts first, and call the methods for what is not there."""

    __slots__ = ("institutions", "origins")

    def __init__(self) -> None:
        self.institutions: dict[str, str] = {}
        self.origins: dict[Origin, tuple[Origin, ...]] = {}
        """An origin to the origins of a window that has but that."""

    def institution(self, name: str) -> str:
        """The name, which is shared from now on while there are not too many."""
        if len(self.institutions) < _SHARED:
            self.institutions[name] = name
        return name

    def origin(self, origin: Origin) -> tuple[Origin, ...]:
        """The same for the origins of a window."""
        if len(self.origins) < _SHARED:
            self.origins[origin] = (origin,)
        return (origin,)
