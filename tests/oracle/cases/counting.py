"""Pairs of a step and a code, and what is counted."""

from tests.oracle.cases.building import api, at, code, step
from tests.oracle.contract import Case

_PAIR = "a step and a code of one name in one session at most 5 s apart pair one to one and count once"
_EARLIER = "a pair counts once, at the earlier time"
_EVENTS = "events counts ids before pairing, codes after"
_CODES = "codes holds failures, progress and benign names"
_RETRIES = "retries counts COMPONENT_LOAD_CREDENTIAL_RETRY and COMPONENT_LOAD_MFA_RETRY"
_MFA = "mfa_types: distinct, in order of first appearance"

_NAME = "SESSION_EXPIRED"

CASES = [
    Case(
        name="a pair",
        rule=_PAIR,
        inputs=[step(0, _NAME, "X", id="s"), code(1, _NAME, "X", id="c")],
        sessions=[{"events": 2, "codes": {_NAME: 1}, "started_at": at(0), "ended_at": at(1)}],
    ),
    Case(
        name="the code may be first",
        rule=_PAIR,
        inputs=[code(0, _NAME, "X", id="c"), step(5, _NAME, "X", id="s")],
        sessions=[{"events": 2, "codes": {_NAME: 1}}],
    ),
    Case(
        name="5 seconds",
        rule=_PAIR,
        inputs=[step(0, _NAME, "X", id="s"), code(5, _NAME, "X", id="c")],
        sessions=[{"codes": {_NAME: 1}}],
    ),
    Case(
        name="more than 5 seconds",
        rule=_PAIR,
        inputs=[step(0, _NAME, "X", id="s"), code(5.001, _NAME, "X", id="c")],
        sessions=[{"codes": {_NAME: 2}}],
    ),
    Case(
        name="at one time",
        rule=_PAIR,
        inputs=[step(0, _NAME, "X", id="s"), code(0, _NAME, "X", id="c")],
        sessions=[{"codes": {_NAME: 1}}],
    ),
    Case(
        name="two steps do not pair",
        rule=_PAIR,
        inputs=[step(0, _NAME, "X"), step(1, _NAME, "X")],
        sessions=[{"codes": {_NAME: 2}}],
    ),
    Case(
        name="two codes do not pair",
        rule=_PAIR,
        inputs=[code(0, _NAME, "X"), code(1, _NAME, "X")],
        sessions=[{"codes": {_NAME: 2}}],
    ),
    Case(
        name="api never pairs",
        rule=_PAIR,
        inputs=[
            code(0, _NAME, "X", id="c"),
            api(1, _NAME, connect_session_id="visit", id="a"),
            step(2, _NAME, "X", id="s"),
            api(3, _NAME, connect_session_id="visit", id="b"),
        ],
        sessions=[{"codes": {_NAME: 3}, "events": 4}],
    ),
    Case(
        name="other names do not pair",
        rule=_PAIR,
        inputs=[step(0, "SESSION_EXPIRED", "X"), code(1, "SESSION_NONEXISTENT", "X")],
        sessions=[{"codes": {"SESSION_EXPIRED": 1, "SESSION_NONEXISTENT": 1}}],
    ),
    Case(
        name="other sessions do not pair",
        rule=_PAIR,
        inputs=[step(0, _NAME, "X", id="s"), code(1, _NAME, "Y", id="c")],
        sessions=[{"codes": {_NAME: 1}}, {"codes": {_NAME: 1}}],
    ),
    Case(
        name="one to one",
        rule=_PAIR,
        inputs=[
            step(0, _NAME, "X", id="s1"),
            step(1, _NAME, "X", id="s2"),
            code(2, _NAME, "X", id="c1"),
            step(3, _NAME, "X", id="s3"),
            code(4, _NAME, "X", id="c2"),
        ],
        sessions=[{"codes": {_NAME: 3}, "events": 5}],
    ),
    Case(
        name="the one without a partner goes ahead",
        rule=_PAIR,
        inputs=[
            step(0, _NAME, "X", id="s1"),
            step(6, _NAME, "X", id="s2"),
            code(7, _NAME, "X", id="c1"),
            code(13, _NAME, "X", id="c2"),
        ],
        sessions=[{"codes": {_NAME: 3}}],
    ),
    Case(
        name="the earliest partner is taken",
        rule=_PAIR,
        inputs=[
            step(0, _NAME, "X", id="s1"),
            code(4, _NAME, "X", id="c1"),  # pairs with s1 though s2 is nearer
            step(5, _NAME, "X", id="s2"),
            code(9, _NAME, "X", id="c2"),
        ],
        sessions=[{"codes": {_NAME: 2}}],
    ),
    Case(
        name="a pair stands where its earlier event stands",
        rule=_EARLIER,
        inputs=[
            step(0, "SESSION_EXPIRED", "X", id="s"),
            code(1, "INVALID_PASSWORD", "X"),
            code(2, "SESSION_EXPIRED", "X", id="c"),
        ],
        sessions=[{"outcome": "failed", "failure_code": "INVALID_PASSWORD", "ended_at": at(2)}],
    ),
    Case(
        name="without a pair the later event is the last failure",
        rule=_EARLIER,
        inputs=[
            step(0, "SESSION_EXPIRED", "X", id="s"),
            code(1, "INVALID_PASSWORD", "X"),
            code(5.001, "SESSION_EXPIRED", "X", id="c"),
        ],
        sessions=[{"outcome": "expired", "failure_code": "SESSION_EXPIRED"}],
    ),
    Case(
        name="a pair keeps a session's end",
        rule=_EVENTS,
        inputs=[step(0, "QUESTION_NOT_FOUND", "X", id="s"), code(4, "QUESTION_NOT_FOUND", "X", id="c")],
        sessions=[{"events": 2, "ended_at": at(4), "stages": {"mfa": at(0)}}],
    ),
    Case(
        name="codes",
        rule=_CODES,
        inputs=[
            step(0, "APP_MOUNTED"),
            code(1, "INVALID_PASSWORD", "X"),
            code(2, "INVALID_PASSWORD", "X"),
            code(3, "QUESTION_NOT_FOUND", "X"),
            code(4, "OPERATION_PENDING", "X"),
            code(5, "OPERATION_DISPATCHED", "X"),
            code(6, "NO_TRANSACTION", "X"),
            step(7, "POPUP_BLOCKED", "X"),
            code(8, "NEVER_SEEN", "X"),
            code(9, "OK", "X"),
            step(10, "COMPONENT_CLOSE_SESSION", "X"),
        ],
        sessions=[
            {
                "events": 11,
                "codes": {
                    "INVALID_PASSWORD": 2,
                    "QUESTION_NOT_FOUND": 1,
                    "OPERATION_PENDING": 1,
                    "OPERATION_DISPATCHED": 1,
                    "NO_TRANSACTION": 1,
                    "POPUP_BLOCKED": 1,
                    "NEVER_SEEN": 1,
                },
            }
        ],
    ),
    Case(
        name="retries",
        rule=_RETRIES,
        inputs=[
            step(0, "COMPONENT_LOAD_CREDENTIAL_RETRY", "X"),
            step(1, "COMPONENT_LOAD_MFA_RETRY", "X"),
            step(2, "COMPONENT_LOAD_MFA_RETRY", "X"),
            step(3, "RETRY_COUNT", "X"),
            step(4, "COMPONENT_LOAD_MFA", "X"),
        ],
        sessions=[{"retries": 3}],
    ),
    Case(
        name="retries after pairing",
        rule=_PAIR,
        inputs=[
            step(0, "COMPONENT_LOAD_MFA_RETRY", "X", id="s"),
            code(1, "COMPONENT_LOAD_MFA_RETRY", "X", id="c"),
        ],
        sessions=[{"retries": 1, "events": 2}],
    ),
    Case(
        name="mfa_types",
        rule=_MFA,
        inputs=[
            code(2, "QUESTION_NOT_FOUND", "X", attributes={"mfa_types": ["email", "sms"]}),
            step(1, "COMPONENT_LOAD_MFA", "X", attributes={"mfa_types": "push"}),
            step(3, "COMPONENT_LOAD_MFA", "X", attributes={"mfa_types": ["sms", "call"]}),
            step(4, "COMPONENT_LOAD_MFA", "X", attributes={}),
        ],
        sessions=[{"mfa_types": ["push", "email", "sms", "call"]}],
    ),
]
