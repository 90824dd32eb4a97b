"""Where results count, under bounded names."""

from typing import Final

from pipeline.dashboard.minutes import Place
from pipeline.dashboard.results import Session, Visit
from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.sessions.counting import Labels

_RELEASES: Final = 30
"""Releases that are told apart; more at once are somebody's play with the field."""
_PLATFORMS: Final = frozenset({"web", "ios", "android", "server"})
_OTHER: Final = "other"
_REMEMBERED: Final = 20_000
_Said = tuple[str | None, str | None, str | None, str | None]


class Places:
    """What results say of their place, to the place under which the page counts them."""

    def __init__(self, *, include_sandbox: bool) -> None:
        """Results of the sandbox have no place unless asked for."""
        self._include_sandbox = include_sandbox
        self._labels = Labels(INSTITUTIONS)
        self._releases: set[str] = set()
        self._known: dict[_Said, Place | None] = {}

    def of(self, result: Session | Visit) -> Place | None:
        """None: it is not to be counted."""
        said = result.institution, result.app, result.platform, result.release
        try:
            return self._known[said]
        except KeyError:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            place = self._known[said] = self._find(*said)
            return place

    def _find(
        self, institution: str | None, app: str | None, platform: str | None, release: str | None
    ) -> Place | None:
        if self._labels.is_sandbox(institution) and not self._include_sandbox:
            return None
        if platform is not None and platform not in _PLATFORMS:
            platform = _OTHER
        if release is not None and release not in self._releases:
            if len(self._releases) < _RELEASES:
                self._releases.add(release)
            else:
                release = _OTHER
        return Place(self._labels.institution(institution), self._labels.app(app), platform, release)
