"""The roll-up of a window."""

from tests.oracle.cases.building import MINUTE, api, at, code, digest, idle, step
from tests.oracle.contract import Case

_EMITTED = "emitted when all its sessions are closed, for a connect_session_id with at least one connect session"
_LAST = "outcome, failure_code and failure_class of the connect session that started last"
_ATTEMPTS = "attempts (SUBMIT_CREDENTIAL and POPUP_OPENED)"
_VISIT = {"connect_session_id": "visit"}

CASES = [
    Case(
        name="a visit of two requests",
        rule=_LAST,
        inputs=[
            step(0, "APP_MOUNTED", app="a1", environment="prod", platform="web", release="1"),
            step(1, "INSTITUTION_SELECTED", institution="RBC"),
            step(2, "SUBMIT_CREDENTIAL"),
            code(3, "INVALID_PASSWORD", "X", app="a2"),
            step(4, "COMPONENT_LOAD_CREDENTIAL_RETRY"),
            step(5, "SUBMIT_CREDENTIAL", institution="BMO"),
            code(6, "RETRY_LATER", "Y"),
            api(7, "INVALID_REQUEST", "S", **_VISIT),
        ],
        visits=[
            {
                "visit_id": digest("visit", "APP_MOUNTED@0"),
                "revision": 1,
                "connect_session_id": "visit",
                "converted": False,
                "request_ids": ["X", "Y", "S"],
                "attempts": 2,
                "furthest_stage": "submitted",
                "outcome": "failed",
                "failure_code": "RETRY_LATER",
                "failure_class": "institution",
                "started_at": at(0),
                "ended_at": at(7),
                "institution": "BMO",
                "app": "a1",
                "environment": "prod",
                "platform": "web",
                "release": "1",
            }
        ],
    ),
    Case(
        name="converted though the last session failed",
        rule="converted (any completed)",
        inputs=[
            step(0, "REDIRECT", "X"),
            step(1, "SUBMIT_CREDENTIAL"),
            code(2, "INVALID_PASSWORD", "Y"),
        ],
        visits=[{"converted": True, "outcome": "failed", "failure_code": "INVALID_PASSWORD"}],
    ),
    Case(
        name="data that completed converts nothing",
        rule="converted (any completed)",
        inputs=[step(0, "APP_MOUNTED"), api(1, "OK", **_VISIT)],
        visits=[{"converted": False, "outcome": "abandoned", "request_ids": ["X"], "ended_at": at(1)}],
    ),
    Case(
        name="the session that started last, not the one that ended last",
        rule=_LAST,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            code(1, "RETRY_LATER", "Y"),
            code(2, "UNHANDLED", "X"),
        ],
        visits=[{"outcome": "failed", "failure_code": "RETRY_LATER", "failure_class": "institution"}],
    ),
    Case(
        name="a visit's fields are of all its events",
        rule="started_at, ended_at, institution, app, environment, platform, release",
        inputs=[
            api(0, "OK", institution="RBC", app="server-app", platform="server", **_VISIT),
            step(1, "APP_MOUNTED", institution="BMO", app="web-app", platform="web"),
            api(2, "OK", institution="TD", **_VISIT),
        ],
        visits=[
            {
                "visit_id": digest("visit", "APP_MOUNTED@1"),
                "started_at": at(0),
                "ended_at": at(2),
                "institution": "TD",
                "app": "server-app",
                "platform": "server",
            }
        ],
    ),
    Case(
        name="attempts",
        rule=_ATTEMPTS,
        inputs=[
            step(0, "SUBMIT_CREDENTIAL"),
            step(1, "POPUP_OPENED"),
            step(2, "SUBMIT_MFA"),
            step(3, "UPLOAD_SUBMIT"),
            code(4, "INVALID_PASSWORD", "X"),
            code(5, "SUBMIT_CREDENTIAL", "Y"),  # by its name, as a beginning is
            api(6, "SUBMIT_CREDENTIAL", "S", kind="step", **_VISIT),
            step(0, "SUBMIT_CREDENTIAL"),
        ],
        visits=[{"attempts": 3}],
    ),
    Case(
        name="how far any session of the visit got",
        rule=_EMITTED,
        inputs=[
            step(0, "ACCOUNT_SELECTED", "X"),
            step(1, "SUBMIT_CREDENTIAL"),
            code(2, "INVALID_PASSWORD", "Y"),
        ],
        visits=[{"furthest_stage": "account_selected"}],
    ),
    Case(
        name="requests by the start of their sessions",
        rule="request_ids of all sessions ordered by session start",
        inputs=[
            code(1, "INVALID_PASSWORD", "A"),
            api(0, "OK", "Z", **_VISIT),
            code(2, "INVALID_PASSWORD", "B"),
            code(3, "INVALID_PASSWORD", "A"),
        ],
        visits=[{"request_ids": ["Z", "A", "B"]}],
    ),
    Case(
        name="a visit of server events alone",
        rule=_EMITTED,
        inputs=[api(0, "OK", **_VISIT)],
        sessions=[{"kind": "data", "connect_session_id": "visit"}],
        visits=[],
    ),
    Case(
        name="a visit waits for all its sessions",
        rule=_EMITTED,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            step(1, "REDIRECT", "Y"),
            idle(8 * MINUTE - 0.001),
            step(2, "FEEDBACK", "Y"),
            idle(8 * MINUTE),
            step(3, "FEEDBACK", "Y"),
        ],
        sessions=[{"request_id": "X", "revision": 1}, {"request_id": "Y", "revision": 3, "events": 3}],
        visits=[{"revision": 2}],
    ),
    Case(
        name="a visit waits for its data",
        rule=_EMITTED,
        inputs=[
            step(0, "REDIRECT", "X"),
            api(1, "OPERATION_PENDING", "S", **_VISIT),
            idle(30 * MINUTE),
            step(1, "FEEDBACK"),
        ],
        visits=[{"revision": 1, "ended_at": at(1)}],
    ),
    Case(
        name="a visit that says the same is not said again",
        rule="emitted again with revision + 1 if its content differs",
        inputs=[
            code(1, "INVALID_PASSWORD", "X"),
            step(2, "FEEDBACK", "X"),
            idle(9 * MINUTE),
            step(1.5, "COMPONENT_LOAD_MFA_RETRY", "X", kind="api"),
        ],
        sessions=[{"revision": 2, "retries": 1}],
        visits=[{"revision": 2, "furthest_stage": "mfa"}],
    ),
    Case(
        name="a revision of a session that the visit does not show",
        rule="emitted again with revision + 1 if its content differs",
        inputs=[
            code(1, "INVALID_PASSWORD", "X"),
            step(3, "FEEDBACK", "X"),
            idle(9 * MINUTE),
            step(2, "APP_ONLINE", "X"),
        ],
        sessions=[{"revision": 2, "events": 3}],
        visits=[{"revision": 1}],
    ),
    Case(
        name="a visit of many requests is revised as well",
        rule="emitted again with revision + 1 if its content differs",
        inputs=[
            *(step(number, "REDIRECT", str(number)) for number in range(20)),
            idle(MINUTE),
            code(20, "INVALID_PASSWORD", "20"),
            idle(9 * MINUTE),
            code(21, "SESSION_EXPIRED", "20"),
        ],
        visits=[{"revision": 3, "outcome": "expired", "request_ids": [str(number) for number in range(21)]}],
    ),
    Case(
        name="each window is a visit",
        rule="otherwise it opens a new one",
        inputs=[step(0, "APP_MOUNTED"), step(18 * MINUTE, "SUBMIT_CREDENTIAL")],
        visits=[
            {"visit_id": digest("visit", "APP_MOUNTED@0"), "attempts": 0},
            {"visit_id": digest("visit", "SUBMIT_CREDENTIAL@1080"), "attempts": 1},
        ],
    ),
    Case(
        name="a visit that was data at first",
        rule=_EMITTED,
        inputs=[api(0, "OK", **_VISIT), idle(MINUTE), step(30, "APP_MOUNTED")],
        sessions=[{"kind": "data", "revision": 1}, {"kind": "connect", "request_id": None}],
        visits=[{"revision": 1, "visit_id": digest("visit", "APP_MOUNTED@30"), "request_ids": ["X"]}],
    ),
]
