"""The changelog's form of a key: its windows as JSON, and back."""

from typing import Final

import msgspec
import orjson
from msgspec import Struct

from pipeline.sessions.window import FEW_EVENTS, ID, Emitted, Kept, Origin, Window

_EmittedState = tuple[str | None, str, int, str, str | None]


class _WindowState(Struct, array_like=True, gc=False):
    due_ms: int
    changed: bool
    of_visit: bool
    events: list[Kept]
    request_ids: list[str]
    origins: list[Origin]
    weight: int
    copies: dict[str, int] | None
    sessions: list[_EmittedState]
    visit: _EmittedState | None


_decode: Final = msgspec.json.Decoder(list[_WindowState]).decode


def dump_windows(windows: list[Window]) -> bytes:
    """All that has to be known of a key's windows."""
    return orjson.dumps(
        [
            (
                window.due_ms,
                window.changed,
                window.of_visit,
                window.events,
                window.request_ids,
                window.origins,
                window.weight,
                window.copies,
                [_dump(request_id, emitted) for request_id, emitted in (window.sessions or {}).items()],
                None if window.visit is None else _dump(None, window.visit),
            )
            for window in windows
        ]
    )


def load_windows(key: str, state: bytes) -> list[Window]:
    """The windows as they were."""
    return [_load(key, found) for found in _decode(state)]


def _load(key: str, state: _WindowState) -> Window:
    window = Window(key, of_visit=state.of_visit, logged=True)
    window.events = state.events
    ids = [event[ID] for event in state.events]
    window.ids = ids if len(ids) <= FEW_EVENTS else set(ids)
    window.request_ids = state.request_ids
    window.origins = state.origins
    window.weight = state.weight
    window.copies = state.copies
    if state.sessions:
        window.sessions = {found[0]: Emitted(*found[1:]) for found in state.sessions}
    if state.visit is not None:
        window.visit = Emitted(*state.visit[1:])
    window.survey()
    window.due_ms = state.due_ms
    window.changed = state.changed
    return window


def _dump(request_id: str | None, emitted: Emitted) -> _EmittedState:
    return request_id, emitted.id, emitted.revision, emitted.outcome, emitted.digest
