"""What a page uses of flinks.sessions and flinks.visits."""

from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from pipeline.dashboard.minutes import Amounts, Place
from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.times import parse_ms


class Session(Struct, gc=False):
    """A record of flinks.sessions."""

    session_id: str
    revision: int
    kind: str
    started_at: str
    ended_at: str
    outcome: str
    request_id: str | None = None
    institution: str | None = None
    app: str | None = None
    platform: str | None = None
    release: str | None = None
    failure_code: str | None = None
    failure_class: str | None = None
    furthest_stage: str | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is none, which would be noticed only when it is shown."""
        parse_ms(self.ended_at)


class Visit(Struct, gc=False):
    """A record of flinks.visits."""

    visit_id: str
    revision: int
    started_at: str
    attempts: int
    converted: bool
    institution: str | None = None
    app: str | None = None
    platform: str | None = None
    release: str | None = None


Contribution = tuple[Place, Amounts]
"""What a result adds to its minute."""

UNKNOWN: Final = "unknown"
"""For codes that the catalogue does not have, as in flinks.counts."""
NO_STAGE: Final = "none"
"""Of a session that reached no stage."""
_ALIKE: Final = 20_000
"""Journeys that differ; results of one kind share one contribution in memory."""


@lru_cache(_ALIKE)
def session_adds(place: Place, kind: str, outcome: str, code: str | None, furthest: str | None) -> Contribution:
    """A session's share; stages and codes are the connect sessions' alone."""
    if kind != "connect":
        return place, (("data", 1), (f"data:{outcome}", 1))
    adds = [("sessions", 1), (f"outcome:{outcome}", 1), (f"furthest:{furthest or NO_STAGE}", 1)]
    if code is not None:  # of what browsers may make up there is no end
        adds.append((f"code:{code if code in CATALOGUE else UNKNOWN}", 1))
    return place, tuple(adds)


@lru_cache(_ALIKE)
def visit_adds(place: Place, attempts: int, *, converted: bool) -> Contribution:
    """A visit's share."""
    return place, (("visits", 1), ("attempts", attempts), ("completions", int(converted)))


read_session: Final = msgspec.json.Decoder(Session).decode
"""Raises msgspec.MsgspecError for what is no session."""

read_visit: Final = msgspec.json.Decoder(Visit).decode
"""Raises msgspec.MsgspecError for what is no visit."""
