"""A session: the events of one request id in a window, and what they come to."""

from functools import lru_cache
from itertools import chain
from typing import Any

import orjson

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

    __slots__ = ("_extras", "_institutions", "_origins", "_summary", "ids", "request_id", "script", "times")

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
        self._summary: tuple[str | None, str | None, str] | None = None

    def summary(self, origins: tuple[Origin, ...]) -> tuple[str | None, str | None, str]:
        """App and institution, and these with all else that a visit's result tells alike, as JSON fields.

        Of app, environment, platform and release the first one known, of institutions the last. `origins` are
        the window's.
        """
        if self._summary is None:
            institution = self._institutions[-1] or next(filter(None, reversed(self._institutions)), None)
            origin = origins[0] if len(origins) == 1 else _first_known([origins[place] for place in self._origins])
            started_at, ended_at = format_each((self.times[0], self.times[-1]))
            text = f'"started_at":"{started_at}","ended_at":"{ended_at}",{_place_said(institution, *origin)}'
            self._summary = origin[0], institution, text
        return self._summary

    def stage_times(self) -> tuple[str, ...]:
        """When the stages of the script were reached."""
        times = self.times
        return tuple(format_each([times[place] for place in self.script.stage_places]))

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


@lru_cache(4_096)
def _place_said(
    institution: str | None, app: str | None, environment: str | None, platform: str | None, release: str | None
) -> str:
    fields = {
        "institution": institution,
        "app": app,
        "environment": environment,
        "platform": platform,
        "release": release,
    }
    return orjson.dumps(fields).decode()[1:-1]
