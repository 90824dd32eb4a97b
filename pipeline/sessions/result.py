"""The fields of flinks.sessions and flinks.visits as JSON, but `revision` and `duplicates`.

Results are put together from text: what is the same for many of them was made into JSON before, in Script, Journey
and caches, which takes half the time of making it anew from a dict.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from orjson import dumps

from pipeline.sessions.journey import Journey
from pipeline.sessions.session import Session, Summary
from pipeline.sessions.window import Window


@lru_cache(16)  # a visit begins with an event of its first session, and has the same id
def result_id(key: str, event_id: str) -> str:
    """The id of a result of this key that begins with this event."""
    return sha256(f"{key}\n{event_id}".encode()).hexdigest()[:32]


def session_said(
    window: Window, session: Session, summary: Summary, session_id: str, attempt: int, closed_by: str
) -> str:
    """What a session's result says: a JSON object without the brace at its end."""
    script = session.script
    mfa_types = session.mfa_types()
    connected_ms = session.time_to_connect_ms
    return (
        f'{{"v":1,"session_id":"{session_id}","request_id":{dumps(session.request_id).decode()},'
        f'"connect_session_id":{dumps(window.key).decode() if window.of_visit else "null"},"attempt":{attempt},'
        f'"closed_by":"{closed_by}",{script.template % summary.texts},'
        f'"mfa_types":{dumps(mfa_types).decode() if mfa_types else "[]"},'
        f'"time_to_connect_ms":{"null" if connected_ms is None else connected_ms}'
    )


def visit_said(window: Window, summary: Summary, sessions: Sequence[Session], journey: Journey, visit_id: str) -> str:
    """What a visit's result says, in the same form.

    Sessions are all of the window, in order of start; `summary` is as if they were one, and `journey` what they come
    to.
    """
    started_at, ended_at, place, *_ = summary.texts
    request_ids = [session.request_id for session in sessions if session.request_id is not None]
    return (
        f'{{"v":1,"visit_id":"{visit_id}","connect_session_id":{dumps(window.key).decode()},'
        f'"request_ids":{dumps(request_ids).decode()},"started_at":"{started_at}","ended_at":"{ended_at}",'
        f"{place},{journey.said}"
    )
