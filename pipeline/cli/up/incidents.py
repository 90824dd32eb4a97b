"""Incidents as `up` tells them: a line when one is found, changes and is over."""

import shutil
import textwrap
from collections.abc import Callable

from pipeline.alerts.fold import Noted
from pipeline.engine import Changes, Observer

NO_WRAP = 10_000
"""Where the output is a file: a line a sentence."""
_INDENT = " " * len("00:00 UTC  FOUND   ")
_WORDS = {"firing": "FOUND", "updated": "update", "resolved": "over"}


class IncidentLines(Observer):
    """Says each committed revision in one sentence, and counts the incidents that were found."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.found: set[str] = set()
        """Ids."""
        self._say = say

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:  # noqa: ARG002
        if not isinstance(changes.tally, Noted):
            return
        for alert in changes.tally.alerts:
            self._tell(f"{alert.updated_at[11:16]} UTC  {_WORDS[alert.state]:6}  ", alert.summary)
            if alert.state == "firing" and alert.id not in self.found:
                self.found.add(alert.id)
                self._tell(_INDENT, alert.action)

    def _tell(self, begin: str, text: str) -> None:
        width = max(60, shutil.get_terminal_size((NO_WRAP, 24)).columns - 1)
        self._say(textwrap.fill(text, width, initial_indent=begin, subsequent_indent=_INDENT))
