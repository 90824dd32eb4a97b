"""The fields of flinks.sessions and flinks.visits as JSON, but `revision` and `duplicates`.

Results are put together from text: what is the same for many of them was made into JSON before, in Script and in
the caches here, which takes half the time of making it anew from a dict.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import orjson

from pipeline.flinks.catalogue import STAGES
from pipeline.sessions.session import Session
from pipeline.sessions.window import Origin, Window


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
        f'"institution":{_json(session.institution())},{_origin_said(session.origin(window.origins))},'
        f'"closed_by":"{closed_by}",{script.template % session.told_times()},'
        f'"mfa_types":{orjson.dumps(mfa_types).decode() if mfa_types else "[]"},'
        f'"time_to_connect_ms":{"null" if redirect is None else times[redirect] - times[0]}'
    )


def visit_said(window: Window, sessions: Sequence[Session], visit_id: str) -> str:
    """What a visit's result says, in the same form.

    Sessions are all of the window, in order of start, one of them at least connect.
    """
    whole = sessions[0] if len(sessions) == 1 else Session(None, window.events)
    told_times = whole.told_times()
    scripts = [session.script for session in sessions if session.script.connect]
    last = scripts[-1]
    furthest = max([script.furthest_stage for script in scripts])
    request_ids = [_json(session.request_id) for session in sessions if session.request_id is not None]
    return (
        f'{{"v":1,"visit_id":"{visit_id}","connect_session_id":{_json(window.key)},'
        f'"converted":{"true" if converted(sessions) else "false"},"request_ids":[{",".join(request_ids)}],'
        f'"attempts":{sum([script.attempts for script in scripts])},'
        f'"furthest_stage":{_json(STAGES[furthest]) if furthest >= 0 else "null"},'
        f'"outcome":"{last.outcome}","failure_code":{_json(last.failure_code)},'
        f'"failure_class":{_json(last.failure_class)},'
        f'"started_at":"{told_times[0]}","ended_at":"{told_times[-1]}",'
        f'"institution":{_json(whole.institution())},{_origin_said(whole.origin(window.origins))}'
    )


def converted(sessions: Sequence[Session]) -> bool:
    """Whether any of a visit's connect sessions was completed."""
    return any(session.script.outcome == "completed" and session.script.connect for session in sessions)


@lru_cache(256)
def _origin_said(origin: Origin) -> str:
    app, environment, platform, release = origin
    fields = {"app": app, "environment": environment, "platform": platform, "release": release}
    return orjson.dumps(fields).decode()[1:-1]


@lru_cache(256)  # institutions, codes; ids come at least twice in a row
def _json(text: str | None) -> str:
    return orjson.dumps(text).decode()
