"""The fields of flinks.sessions and flinks.visits as JSON, but `revision` and `duplicates`.

Results are put together from text: what is the same for many of them was made into JSON before, in Script and in
caches, which takes half the time of making it anew from a dict.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import orjson

from pipeline.flinks.catalogue import STAGES
from pipeline.sessions.script import Script
from pipeline.sessions.session import Session
from pipeline.sessions.window import Window


@lru_cache(16)  # a visit begins with an event of its first session, and has the same id
def result_id(key: str, event_id: str) -> str:
    """The id of a result of this key that begins with this event."""
    return sha256(f"{key}\n{event_id}".encode()).hexdigest()[:32]


def session_said(window: Window, session: Session, session_id: str, attempt: int, closed_by: str) -> str:
    """What a session's result says: a JSON object without the brace at its end."""
    script = session.script
    times = session.times
    redirect = script.redirect_place if script.connect else None
    mfa_types = session.mfa_types()
    return (
        f'{{"v":1,"session_id":"{session_id}","request_id":{_json(session.request_id)},'
        f'"connect_session_id":{_json(window.key) if window.of_visit else "null"},"attempt":{attempt},'
        f'"closed_by":"{closed_by}",{session.summary(window.origins)[2]},'
        f"{script.template % session.stage_times()},"
        f'"mfa_types":{orjson.dumps(mfa_types).decode() if mfa_types else "[]"},'
        f'"time_to_connect_ms":{"null" if redirect is None else times[redirect] - times[0]}'
    )


def visit_said(window: Window, whole: Session, sessions: Sequence[Session], visit_id: str) -> str:
    """What a visit's result says, in the same form.

    Sessions are all of the window, in order of start, one of them at least connect; `whole` is as if they were
    one.
    """
    request_ids = [_json(session.request_id) for session in sessions if session.request_id is not None]
    return (
        f'{{"v":1,"visit_id":"{visit_id}","connect_session_id":{_json(window.key)},'
        f'"request_ids":[{",".join(request_ids)}],{whole.summary(window.origins)[2]},'
        f"{_journey_said(tuple([session.script for session in sessions]))}"
    )


@lru_cache(4_096)
def _journey_said(scripts: tuple[Script, ...]) -> str:
    connects = [script for script in scripts if script.connect]
    last = connects[-1]
    furthest = max(script.furthest_stage for script in connects)
    fields = {
        "converted": any(script.outcome == "completed" for script in connects),
        "attempts": sum(script.attempts for script in connects),
        "furthest_stage": STAGES[furthest] if furthest >= 0 else None,
        "outcome": last.outcome,
        "failure_code": last.failure_code,
        "failure_class": last.failure_class,
    }
    return orjson.dumps(fields).decode()[1:-1]


@lru_cache(16)  # an id is said in the session's result and in the visit's
def _json(text: str | None) -> str:
    return orjson.dumps(text).decode()
