"""The changelog's form of a key: its windows as JSON, and back."""

from collections.abc import Sequence
from sys import intern
from typing import Any, Final

import msgspec
import orjson
from msgspec import Struct

from pipeline.sessions.window import ID, NAME, WHAT, Emitted, Kept, Origin, Window

STATE_FORMAT: Final = 1
"""To be raised with every change of what stands in the changelog."""

_EmittedState = tuple[str | None, str, int, str, str | None]


class _WindowState(Struct, array_like=True, gc=False):
    due_ms: int
    of_visit: bool
    changed: bool
    weight: int
    events: list[Kept]
    request_ids: tuple[str, ...]
    origins: tuple[Origin, ...]
    copies: dict[str, int] | None
    sessions: list[_EmittedState] | None
    visit: _EmittedState | None


_UNEMITTED: Final = b",null,null]]"
"""The end of a state whose last window has neither sessions nor visit."""

_decode: Final = msgspec.json.Decoder(list[_WindowState]).decode


def dump_windows(windows: Sequence[Window]) -> bytes:
    """All that has to be known of a key's windows."""
    if len(windows) == 1:
        return orjson.dumps((_state(windows[0]),))
    return orjson.dumps([_state(window) for window in sorted(windows, key=_due)])


def first_due_ms(state: bytes) -> int:
    """When the first of the windows is to be looked at, without reading all of it."""
    return int(state[2 : state.index(b",")])


def is_unemitted(state: bytes) -> bool:
    """Whether nothing was emitted yet of the last of the windows, without reading all of it."""
    return state.endswith(_UNEMITTED)


def load_windows(key: str, state: bytes) -> list[Window]:
    """The windows as they were."""
    return [_load(key, found) for found in _decode(state)]


def _load(key: str, state: _WindowState) -> Window:
    window = Window(
        key=key,
        of_visit=state.of_visit,
        events=[(*event[:NAME], intern(event[NAME]), *event[WHAT:]) for event in state.events],
        ids=dict.fromkeys(event[ID] for event in state.events),
        request_ids=state.request_ids,
        origins=state.origins,
        due_ms=state.due_ms,
        changed=state.changed,
        logged=True,
        weight=state.weight,
        copies=state.copies,
        sessions=state.sessions and {found[0]: Emitted(*found[1:]) for found in state.sessions},  # type: ignore[arg-type]
        visit=state.visit and Emitted(*state.visit[1:]),
    )
    window.survey()
    return window


def _state(window: Window) -> tuple[Any, ...]:
    """The fields of _WindowState."""
    sessions, visit = window.sessions, window.visit
    return (
        window.due_ms,
        window.of_visit,
        window.changed,
        window.weight,
        window.events,
        window.request_ids,
        window.origins,
        window.copies,
        sessions and [_dump(*item) for item in sessions.items()],
        visit and _dump(None, visit),
    )


def _due(window: Window) -> int:
    return window.due_ms


def _dump(request_id: str | None, emitted: Emitted) -> _EmittedState:
    return request_id, emitted.id, emitted.revision, emitted.outcome, emitted.digest
