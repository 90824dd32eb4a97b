"""How many requests may be worked on at a time for each to be done soon.

More at a time than Kafka keeps up with would only wait longer, all of them. So while what is written takes too long,
fewer are let in and the rest is refused at once. More are let in only while they come and are done in time: what was
right in a busy hour is too much for a broker that has become slow since.
"""

from typing import Final

_FEWER: Final = 0.8
_MORE: Final = 1.1
"""From look to look: twenty a second."""
_BUSY: Final = 0.5
"""So much of what is let in, and more may be."""
_IN_TIME: Final = 0.5
"""So much of what is too long: it is seen late that it takes longer."""


class Admission:
    """Looked at every few hundredths of a second."""

    def __init__(self, wait_s: float, few: int, usual: int, most: int) -> None:
        """`wait_s` is too long; `few` are let in at any time, or nobody would learn that it goes faster."""
        self._wait_s = wait_s
        self._few = min(few, most)
        self._usual = min(usual, most)
        self._most = most
        self.at_a_time = self._usual
        """So many requests at a time."""

    def look(self, behind_s: float, working: int) -> None:
        """`behind_s`: how long the oldest of what is not done has been waiting; `working`: requests at this time."""
        busy = working > self.at_a_time * _BUSY
        if behind_s > self._wait_s:
            self.at_a_time = max(self._few, int(self.at_a_time * _FEWER))
        elif self.at_a_time > self._usual and not busy:
            self.at_a_time = max(self._usual, int(self.at_a_time * _FEWER))
        elif behind_s < self._wait_s * _IN_TIME and (busy or self.at_a_time < self._usual):
            self.at_a_time = min(self._most, int(self.at_a_time * _MORE) + 1)
