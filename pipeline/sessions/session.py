"""A session: the events of one request id in a window, and what they come to."""

from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson

from pipeline.flinks.times import format_each
from pipeline.sessions.pairing import told_again
from pipeline.sessions.script import Script, script_of
from pipeline.sessions.window import Extra, Kept, Origin


class Summary(NamedTuple):
    """What the results of a session and of a visit tell alike."""

    app: str | None
    institution: str | None
    texts: tuple[str, ...]
    """What fills the script's template: start, end, these with the rest of the origin as JSON fields, and the times
    of the stages."""


class Session:
    """The events of one request id in order, with all that can be said without the rest of the window.

    Attributes:
        request_id: None for steps without one.
        times: Of the events, in ms.
        ids: Of the events.
        script: What their names come to.
        told_ms: When it began, ended, and reached the stages of its script.
    """

    __slots__ = (
        "_extras",
        "_institutions",
        "_origins",
        "_summary",
        "ids",
        "request_id",
        "script",
        "times",
        "told_ms",
    )

    def __init__(self, request_id: str | None, events: list[Kept]) -> None:
        """A session of these events, of which there is at least one."""
        columns: tuple[Any, ...] = tuple(zip(*events, strict=True))
        self.times: tuple[int, ...]
        self.ids: tuple[str, ...]
        times, _, self.ids, names, whats, _, self._institutions, self._origins, extras = columns
        self.times = times
        self.request_id = request_id
        self._extras: tuple[Extra, ...] | None = None
        """None if no event has any."""
        statuses = None
        if extras.count(None) < len(extras):
            self._extras = extras
            statuses = tuple([extra[0] if type(extra) is tuple else extra for extra in extras])
        script = script_of(names, whats, statuses)
        if script.twice and (again := told_again(events, script.twice)):
            script = script_of(names, whats, statuses, again)
        self.script: Script = script
        self.told_ms: tuple[int, ...] = script.told_times(times)
        self._summary: Summary | None = None

    @property
    def time_to_connect_ms(self) -> int | None:
        """From the start to the first REDIRECT that the browser told of, None if there is none."""
        script = self.script
        if script.redirect_place is None or not script.connect:
            return None
        return self.times[script.redirect_place] - self.times[0]

    def summary(self, origins: tuple[Origin, ...]) -> Summary:
        """Of app, environment, platform and release the first one known, of institutions the last.

        `origins` are the window's.
        """
        if self._summary is None:
            institution = self._institutions[-1] or next(filter(None, reversed(self._institutions)), None)
            origin = origins[0] if len(origins) == 1 else _first_known([origins[place] for place in self._origins])
            texts = format_each(self.told_ms)
            texts.insert(2, _place_said(institution, *origin))
            self._summary = Summary(origin[0], institution, tuple(texts))
        return self._summary

    def mfa_types(self) -> list[str]:
        """The distinct ones, in order of appearance."""
        if self._extras is None:
            return []
        return list(dict.fromkeys(chain.from_iterable([extra[1] for extra in self._extras if type(extra) is tuple])))


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
