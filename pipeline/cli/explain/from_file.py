"""Explaining sessions from a file of events."""

import io
import re
from typing import BinaryIO, Final, TextIO

from pipeline.cli.failures import Failure
from pipeline.cli.offline_files import chunks_of
from pipeline.flinks.event import Unusable, read
from pipeline.sessions.explain import Explanation, Replay, explain
from pipeline.sessions.result import result_id

_RESULT_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def explain_file(events: BinaryIO, wanted: str, *, show: TextIO) -> list[Explanation]:
    """The sessions that an id means, in order of record keys and start.

    The events are read twice: to find the record keys, and then to fold what they belong to. As offline everywhere,
    the whole input is one partition, and all windows close at its end.

    Raises:
        Failure: nothing is found.
    """
    if not events.seekable():
        events = io.BytesIO(events.read())
    keys = _keys(events, wanted, show)
    replays = [Replay(key) for key in sorted(keys)]
    events.seek(0)
    for chunk in chunks_of(events, show=show) if replays else ():
        for replay in replays:
            replay.take(chunk)
    explanations = []
    for replay in replays:
        replay.end()
        explanations += explain(replay, wanted)
    if not explanations:
        raise Failure(f"no event in the file has the request_id, connect_session_id or session_id {wanted}")
    return explanations


def _keys(events: BinaryIO, wanted: str, show: TextIO) -> set[str]:
    """Record keys of the events that have this id, or begin a result that has it."""
    of_result = _RESULT_ID.fullmatch(wanted) is not None
    keys = set()
    for chunk in chunks_of(events, show=show):
        for *_, value in chunk:
            try:
                event, _, _ = read(value)
            except Unusable:
                continue
            key = event.connect_session_id or event.request_id or ""
            if wanted in {key, event.request_id} or (of_result and result_id(key, event.id) == wanted):
                keys.add(key)
    return keys
