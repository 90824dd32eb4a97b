"""A session: the events of one request id in a window, and what they come to."""

from itertools import chain
from typing import Any

from pipeline.flinks.times import format_each
from pipeline.sessions.pairing import told_again
from pipeline.sessions.script import Script, script_of
from pipeline.sessions.window import Extra, Kept, Origin


class Session:
    """The events of one request id in order, with all that can be said without the rest of the window.

    Attributes:
        request_id: None for steps without one.
        times: Of the events, in ms.
        ids: Of the events.
        script: What their names come to.
    """

    __slots__ = ("_extras", "_institutions", "_origins", "_told_times", "ids", "request_id", "script", "times")

    def __init__(self, request_id: str | None, events: list[Kept]) -> None:
        """A session of these events, of which there is at least one."""
        columns: tuple[Any, ...] = tuple(zip(*events, strict=True))
        self.times: tuple[int, ...]
        self.ids: tuple[str, ...]
        self.times, _, self.ids, names, whats, _, self._institutions, self._origins, self._extras = columns
        self.request_id = request_id
        extras = self._extras
        statuses = None if extras.count(None) == len(extras) else tuple(map(_status, extras))
        script = script_of(names, whats, statuses)
        if script.twice and (again := told_again(events, script.twice)):
            script = script_of(names, whats, statuses, again)
        self.script: Script = script
        self._told_times: tuple[str, ...] | None = None

    def told_times(self) -> tuple[str, ...]:
        """The times that the result tells, in the order of the script's template."""
        told = self._told_times
        if told is None:
            times = self.times
            told = self._told_times = tuple(format_each([times[place] for place in self.script.told_places]))
        return told

    def institution(self) -> str | None:
        """The last one known."""
        return self._institutions[-1] or next(filter(None, reversed(self._institutions)), None)

    def origin(self, origins: tuple[Origin, ...]) -> Origin:
        """For each of app, environment, platform and release the first one known; `origins` are the window's."""
        return origins[0] if len(origins) == 1 else _first_known([origins[place] for place in self._origins])

    def mfa_types(self) -> list[str]:
        """The distinct ones, in order of appearance."""
        extras = self._extras
        if extras.count(None) == len(extras):
            return []
        return list(dict.fromkeys(chain.from_iterable(extra[1] for extra in extras if type(extra) is tuple)))


def _status(extra: Extra) -> int | None:
    return extra[0] if isinstance(extra, tuple) else extra


def _first_known(origins: list[Origin]) -> Origin:
    """For each of app, environment, platform and release the first one known."""
    app, environment, platform, release = (
        next((value for value in values if value is not None), None) for values in zip(*origins, strict=True)
    )
    return app, environment, platform, release
