"""The detector's whole state, as it is written down."""

from typing import Any, Final

import msgspec

from pipeline.alerts.incident import Ended, Incident

VERSION: Final = 3


class DumpError(ValueError):
    """A dump is of another version or width of bucket; the detector has to begin anew."""


class State(msgspec.Struct):
    """What there is to know of `Alerts`, apart from its settings."""

    version: int
    width_min: int
    next: int | None
    table: list[Any]
    baselines: list[Any]
    incidents: list[Incident]
    silence: list[Any]
    ended: list[Ended] = []


def read(dumped: bytes, width_min: int) -> State:
    """The state in a dump.

    Raises:
        DumpError: It is not a dump, or one of another version or width.
    """
    try:
        state = msgspec.msgpack.decode(dumped, type=State)
    except msgspec.DecodeError as error:
        raise DumpError(f"not a dump of the detector: {error}") from error
    if (state.version, state.width_min) != (VERSION, width_min):
        raise DumpError(
            f"a dump of version {state.version} with buckets of {state.width_min} min, "
            f"here are version {VERSION} and {width_min} min"
        )
    return state
