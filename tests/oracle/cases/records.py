"""Keys, ids and the fields that stand for themselves."""

from tests.oracle.cases.building import MINUTE, api, at, code, digest, step, webhook
from tests.oracle.contract import Case

CASES = [
    Case(
        name="every field of a session and of a visit",
        rule="every field is present; unknown is null",
        inputs=[step(1, "FEEDBACK")],
        sessions=[
            {
                "v": 1,
                "session_id": digest("visit", "FEEDBACK@1"),
                "revision": 1,
                "kind": "connect",
                "request_id": None,
                "connect_session_id": "visit",
                "attempt": 1,
                "institution": None,
                "app": None,
                "environment": None,
                "platform": None,
                "release": None,
                "started_at": at(1),
                "ended_at": at(1),
                "closed_by": "inactivity",
                "outcome": "abandoned",
                "failure_code": None,
                "failure_class": None,
                "furthest_stage": None,
                "stages": {},
                "codes": {},
                "retries": 0,
                "mfa_types": [],
                "time_to_connect_ms": None,
                "events": 1,
                "duplicates": 0,
            }
        ],
        visits=[
            {
                "v": 1,
                "visit_id": digest("visit", "FEEDBACK@1"),
                "revision": 1,
                "connect_session_id": "visit",
                "converted": False,
                "request_ids": [],
                "attempts": 0,
                "furthest_stage": None,
                "outcome": "abandoned",
                "failure_code": None,
                "failure_class": None,
                "started_at": at(1),
                "ended_at": at(1),
                "institution": None,
                "app": None,
                "environment": None,
                "platform": None,
                "release": None,
            }
        ],
    ),
    Case(
        name="a server event of a visit joins its request's session",
        rule="inside the record key the agent keeps one session per requestId",
        inputs=[step(0, "APP_MOUNTED"), code(1, "INVALID_PASSWORD", "X"), api(2, "OK", connect_session_id="visit")],
        sessions=[{"kind": "connect", "request_id": "X", "events": 3, "connect_session_id": "visit"}],
    ),
    Case(
        name="without a visit the request is the key",
        rule="the record key is connect_session_id, or request_id where there is none",
        inputs=[code(0, "INVALID_PASSWORD", "X"), api(1, "OK", "X"), webhook(2, "OK", "X")],
        sessions=[
            {"kind": "connect", "connect_session_id": "visit", "request_id": "X", "events": 1},
            {
                "kind": "data",
                "connect_session_id": None,
                "request_id": "X",
                "events": 2,
                "session_id": digest("X", "OK@1"),
            },
        ],
        visits=[{"connect_session_id": "visit", "request_ids": ["X"]}],
    ),
    Case(
        name="a browser without a visit",
        rule="visits are emitted for a connect_session_id",
        inputs=[code(0, "INVALID_PASSWORD", "X", connect_session_id=None)],
        sessions=[{"kind": "connect", "connect_session_id": None, "request_id": "X"}],
        visits=[],
    ),
    Case(
        name="one request in two tabs",
        rule="a requestId resumed in another browser tab or device is a session in each visit",
        inputs=[code(0, "INVALID_PASSWORD", "X"), code(1, "INVALID_PASSWORD", "X", connect_session_id="other")],
        sessions=[
            {"request_id": "X", "connect_session_id": "visit", "events": 1},
            {"request_id": "X", "connect_session_id": "other", "events": 1},
        ],
        visits=[{"connect_session_id": "visit"}, {"connect_session_id": "other"}],
    ),
    Case(
        name="ids come from first events",
        rule="session_id = first 32 digits of SHA-256(record key, newline, id of the session's first event)",
        inputs=[
            api(0, "OK", "S", connect_session_id="visit"),
            step(1, "APP_MOUNTED"),
            code(2, "INVALID_PASSWORD", "X"),
            step(3, "SUBMIT_CREDENTIAL"),
            code(4, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[
            {"request_id": "S", "session_id": digest("visit", "OK@0")},
            {"request_id": "X", "session_id": digest("visit", "APP_MOUNTED@1")},
            {"request_id": "Y", "session_id": digest("visit", "SUBMIT_CREDENTIAL@3")},
        ],
        visits=[{"visit_id": digest("visit", "APP_MOUNTED@1")}],
    ),
    Case(
        name="ids of text beyond ASCII",
        rule="session_id = first 32 digits of SHA-256(record key, newline, id of the session's first event)",
        inputs=[step(0, "APP_MOUNTED", connect_session_id="vísit", id="première")],
        sessions=[{"session_id": digest("vísit", "première")}],
    ),
    Case(
        name="attempts are ranked by kind",
        rule="attempt = rank by start among the visit's sessions of its kind",
        inputs=[
            code(0, "INVALID_PASSWORD", "A"),
            api(1, "OK", "S", connect_session_id="visit"),
            code(2, "INVALID_PASSWORD", "B"),
            api(3, "OK", "T", connect_session_id="visit"),
            code(4, "INVALID_PASSWORD", "C"),
            api(5, "OK", "B", connect_session_id="visit"),
        ],
        sessions=[
            {"request_id": "A", "kind": "connect", "attempt": 1},
            {"request_id": "S", "kind": "data", "attempt": 1},
            {"request_id": "B", "kind": "connect", "attempt": 2},
            {"request_id": "T", "kind": "data", "attempt": 2},
            {"request_id": "C", "kind": "connect", "attempt": 3},
        ],
    ),
    Case(
        name="a server event may start a connect session",
        rule="attempt = rank by start among the visit's sessions of its kind",
        inputs=[
            api(0, "OK", "B", connect_session_id="visit"),
            code(1, "INVALID_PASSWORD", "A"),
            code(2, "INVALID_PASSWORD", "B"),
        ],
        sessions=[
            {"request_id": "B", "kind": "connect", "attempt": 1, "started_at": at(0)},
            {"request_id": "A", "kind": "connect", "attempt": 2},
        ],
    ),
    Case(
        name="attempts start anew with each window",
        rule="a requestId has one session per window",
        inputs=[code(0, "INVALID_PASSWORD", "X"), code(20 * MINUTE, "INVALID_PASSWORD", "Y")],
        sessions=[{"request_id": "X", "attempt": 1}, {"request_id": "Y", "attempt": 1}],
    ),
    Case(
        name="institution is the last known, the rest the first known",
        rule="institution = last known; app, environment, platform, release = first known",
        inputs=[
            step(0, "APP_MOUNTED", platform="ios"),
            step(1, "FEEDBACK", institution="RBC", app="a1", environment="prod", platform="web", release="1"),
            step(2, "FEEDBACK", institution="BMO", app="a2", environment="test", platform="web", release="2"),
            step(3, "FEEDBACK"),
        ],
        sessions=[
            {"institution": "BMO", "app": "a1", "environment": "prod", "platform": "ios", "release": "1"},
        ],
    ),
]
