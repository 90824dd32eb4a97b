"""Whose step is it?"""

from tests.oracle.cases.building import MINUTE, api, at, code, digest, idle, step
from tests.oracle.contract import Case

_FIRST = "browser steps before the visit's first requestId belong to it"
_NULL = "a window without any requestId is one session with request_id null"
_AFTER = "steps without an id after an event of X belong to X"
_BETWEEN = "between X and a new Y, steps from the first beginning step after X's last event belong to Y"
_SEEN = "if Y was seen before, they belong to X"
_BROWSER = "only browser events give or receive steps"
_CLAIM = "a requestId that claims the steps of a null session already emitted revises it under the same id"

_VISIT = {"connect_session_id": "visit"}
_BEGINNING = ("SUBMIT_CREDENTIAL", "POPUP_OPENED", "COMPONENT_LOAD_CREDENTIAL_RETRY", "INSTITUTION_SELECTED")
_NOT_BEGINNING = ("COMPONENT_LOAD_CREDENTIAL", "COMPONENT_LOAD_MFA_RETRY", "APP_MOUNTED", "UPLOAD_SUBMIT")


CASES = [
    Case(
        name="before the first request",
        rule=_FIRST,
        inputs=[
            step(0, "APP_MOUNTED"),
            step(1, "SUBMIT_CREDENTIAL"),
            step(2, "INSTITUTION_SELECTED"),
            code(3, "INVALID_PASSWORD", "X"),
        ],
        sessions=[{"request_id": "X", "events": 4, "started_at": at(0)}],
    ),
    Case(
        name="no request at all",
        rule=_NULL,
        inputs=[step(0, "APP_MOUNTED"), step(1, "SUBMIT_CREDENTIAL"), step(2, "INSTITUTION_SELECTED")],
        sessions=[{"request_id": None, "events": 3}],
    ),
    Case(
        name="after the last request",
        rule=_AFTER,
        inputs=[code(0, "INVALID_PASSWORD", "X"), step(1, "SUBMIT_CREDENTIAL"), step(2, "FEEDBACK")],
        sessions=[{"request_id": "X", "events": 3}],
    ),
    Case(
        name="after the last of two requests",
        rule=_AFTER,
        inputs=[code(0, "INVALID_PASSWORD", "X"), code(1, "INVALID_PASSWORD", "Y"), step(2, "SUBMIT_CREDENTIAL")],
        sessions=[{"request_id": "X", "events": 1}, {"request_id": "Y", "events": 2}],
    ),
    Case(
        name="between two events of one request",
        rule=_AFTER,
        inputs=[code(0, "INVALID_PASSWORD", "X"), step(1, "SUBMIT_CREDENTIAL"), code(2, "INVALID_PASSWORD", "X")],
        sessions=[{"request_id": "X", "events": 3}],
    ),
    *(
        Case(
            name=f"{name} begins",
            rule=_BETWEEN,
            inputs=[
                code(0, "INVALID_PASSWORD", "X"),
                step(1, "FEEDBACK"),
                step(2, name),
                step(3, "APP_ONLINE"),
                code(4, "INVALID_PASSWORD", "Y"),
            ],
            sessions=[
                {"request_id": "X", "events": 2, "ended_at": at(1)},
                {"request_id": "Y", "events": 3, "started_at": at(2)},
            ],
        )
        for name in _BEGINNING
    ),
    *(
        Case(
            name=f"{name} does not begin",
            rule=_BETWEEN,
            inputs=[
                code(0, "INVALID_PASSWORD", "X"),
                step(1, "FEEDBACK"),
                step(2, name),
                code(4, "INVALID_PASSWORD", "Y"),
            ],
            sessions=[{"request_id": "X", "events": 3}, {"request_id": "Y", "events": 1, "started_at": at(4)}],
        )
        for name in _NOT_BEGINNING
    ),
    Case(
        name="the first of several beginnings",
        rule=_BETWEEN,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            step(1, "COMPONENT_LOAD_CREDENTIAL_RETRY"),
            step(2, "FEEDBACK"),
            step(3, "SUBMIT_CREDENTIAL"),
            code(4, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[{"request_id": "X", "events": 1}, {"request_id": "Y", "events": 4, "started_at": at(1)}],
    ),
    Case(
        name="a beginning before X's last event begins nothing",
        rule=_BETWEEN,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            step(1, "SUBMIT_CREDENTIAL"),
            code(2, "INVALID_PASSWORD", "X"),
            step(3, "FEEDBACK"),
            code(4, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[{"request_id": "X", "events": 4}, {"request_id": "Y", "events": 1}],
    ),
    Case(
        name="a beginning told as a code",
        rule=_BETWEEN,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            code(1, "SUBMIT_CREDENTIAL"),
            code(2, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[{"request_id": "X", "events": 1}, {"request_id": "Y", "events": 2}],
    ),
    Case(
        name="a beginning that carries an id is its own",
        rule=_BETWEEN,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            step(1, "SUBMIT_CREDENTIAL", "X"),
            step(2, "FEEDBACK"),
            code(3, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[{"request_id": "X", "events": 3}, {"request_id": "Y", "events": 1}],
    ),
    Case(
        name="back to a request seen before",
        rule=_SEEN,
        inputs=[
            code(0, "INVALID_PASSWORD", "Y"),
            code(1, "INVALID_PASSWORD", "X"),
            step(2, "SUBMIT_CREDENTIAL"),
            step(3, "FEEDBACK"),
            code(4, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[
            {"request_id": "Y", "events": 2, "started_at": at(0)},
            {"request_id": "X", "events": 3, "ended_at": at(3)},
        ],
    ),
    Case(
        name="three requests",
        rule=_BETWEEN,
        inputs=[
            step(0, "APP_MOUNTED"),
            code(1, "INVALID_PASSWORD", "X"),
            step(2, "SUBMIT_CREDENTIAL"),
            code(3, "INVALID_PASSWORD", "Y"),
            step(4, "INSTITUTION_SELECTED"),
            step(5, "SUBMIT_CREDENTIAL"),
            code(6, "INVALID_PASSWORD", "Z"),
            step(7, "FEEDBACK"),
        ],
        sessions=[
            {"request_id": "X", "events": 2, "attempt": 1},
            {"request_id": "Y", "events": 2, "attempt": 2, "started_at": at(2)},
            {"request_id": "Z", "events": 4, "attempt": 3, "started_at": at(4)},
        ],
    ),
    Case(
        name="by order, not by arrival",
        rule=_BETWEEN,
        inputs=[
            code(4, "INVALID_PASSWORD", "Y"),
            step(3, "APP_ONLINE"),
            step(1, "FEEDBACK"),
            code(0, "INVALID_PASSWORD", "X"),
            step(2, "SUBMIT_CREDENTIAL"),
        ],
        sessions=[{"request_id": "X", "events": 2}, {"request_id": "Y", "events": 3}],
    ),
    Case(
        name="at one time seq decides whose step it is",
        rule=_BETWEEN,
        inputs=[
            step(1, "SUBMIT_CREDENTIAL", seq=3),
            code(1, "INVALID_PASSWORD", "X", seq=2, id="x"),
            step(1, "FEEDBACK", seq=1),
            code(1, "INVALID_PASSWORD", "Y", seq=4, id="y"),
        ],
        sessions=[{"request_id": "X", "events": 2}, {"request_id": "Y", "events": 2}],
    ),
    Case(
        name="a server event receives no steps",
        rule=_BROWSER,
        inputs=[
            step(0, "APP_MOUNTED"),
            api(1, "OK", **_VISIT),
            step(2, "FEEDBACK"),
        ],
        sessions=[{"request_id": None, "events": 2}, {"request_id": "X", "events": 1, "kind": "data"}],
    ),
    Case(
        name="a server event lets no request be seen",
        rule=_BROWSER,
        inputs=[
            api(0, "OK", "Y", **_VISIT),
            code(1, "INVALID_PASSWORD", "X"),
            step(2, "SUBMIT_CREDENTIAL"),
            api(3, "OK", "Z", **_VISIT),
            step(4, "FEEDBACK"),
            code(5, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[
            {"request_id": "Y", "events": 4, "kind": "connect", "started_at": at(0)},
            {"request_id": "X", "events": 1},
            {"request_id": "Z", "events": 1, "kind": "data"},
        ],
    ),
    Case(
        name="a server event is no beginning",
        rule=_BROWSER,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            api(1, "SUBMIT_CREDENTIAL", "Y", **_VISIT),
            step(2, "FEEDBACK"),
            code(3, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[{"request_id": "X", "events": 2}, {"request_id": "Y", "events": 2}],
    ),
    Case(
        name="a claim goes on under the null session's id",
        rule=_CLAIM,
        inputs=[step(0, "APP_MOUNTED"), idle(8 * MINUTE), code(8 * MINUTE, "INVALID_PASSWORD", "X")],
        sessions=[
            {"session_id": digest("visit", "APP_MOUNTED@0"), "request_id": "X", "revision": 2, "events": 2},
        ],
        visits=[{"revision": 2, "request_ids": ["X"]}],
        revisions=[(1, "abandoned"), (2, "failed")],
    ),
    Case(
        name="a claim though an earlier event came with it",
        rule=_CLAIM,
        inputs=[
            step(0, "APP_MOUNTED"),
            idle(8 * MINUTE),
            code(8 * MINUTE, "INVALID_PASSWORD", "X"),
            step(-1, "FEEDBACK"),
        ],
        sessions=[
            {"session_id": digest("visit", "APP_MOUNTED@0"), "request_id": "X", "revision": 2, "events": 3},
        ],
    ),
    Case(
        name="of two requests the first claims",
        rule=_CLAIM,
        inputs=[
            step(0, "APP_MOUNTED"),
            idle(8 * MINUTE),
            code(8 * MINUTE, "INVALID_PASSWORD", "X"),
            code(8 * MINUTE + 1, "INVALID_PASSWORD", "Y"),
        ],
        sessions=[
            {"request_id": "X", "session_id": digest("visit", "APP_MOUNTED@0"), "revision": 2},
            {"request_id": "Y", "session_id": digest("visit", "INVALID_PASSWORD@481"), "revision": 1},
        ],
    ),
    Case(
        name="of two requests the first by order claims, though it closes last",
        rule=_CLAIM,
        inputs=[
            step(0, "APP_MOUNTED"),
            idle(8 * MINUTE),
            step(8 * MINUTE + 1, "REDIRECT", "Y"),
            code(8 * MINUTE, "INVALID_PASSWORD", "X"),
            idle(10 * MINUTE),
        ],
        sessions=[
            {"request_id": "X", "session_id": digest("visit", "APP_MOUNTED@0"), "revision": 2},
            {"request_id": "Y", "session_id": digest("visit", "REDIRECT@481"), "revision": 1},
        ],
    ),
    Case(
        name="no claim before the null session was emitted",
        rule=_CLAIM,
        inputs=[step(0, "APP_MOUNTED"), code(7 * MINUTE, "INVALID_PASSWORD", "X")],
        sessions=[{"session_id": digest("visit", "APP_MOUNTED@0"), "request_id": "X", "revision": 1}],
    ),
    Case(
        name="a request emitted before keeps its own id",
        rule=_CLAIM,
        inputs=[
            step(0, "APP_MOUNTED"),
            api(1, "OK", **_VISIT),
            idle(9 * MINUTE),
            code(9 * MINUTE, "INVALID_PASSWORD", "X"),
        ],
        sessions=[
            {"request_id": None, "session_id": digest("visit", "APP_MOUNTED@0"), "revision": 1, "events": 1},
            {"request_id": "X", "session_id": digest("visit", "OK@1"), "revision": 2, "events": 3},
        ],
    ),
    Case(
        name="a server event claims nothing",
        rule=_BROWSER,
        inputs=[step(0, "APP_MOUNTED"), idle(8 * MINUTE), api(8 * MINUTE, "OK", **_VISIT)],
        sessions=[
            {"request_id": None, "session_id": digest("visit", "APP_MOUNTED@0"), "revision": 1},
            {"request_id": "X", "session_id": digest("visit", "OK@480"), "revision": 1},
        ],
    ),
]
