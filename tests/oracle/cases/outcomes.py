"""Each outcome of a connect session and of a data session."""

from tests.oracle.cases.building import api, code, step, webhook
from tests.oracle.contract import Case

_FIRST = "outcome of a connect session, the first that holds: completed, denied, expired, failed, abandoned"
_DECISION = "denied: the last decision on consent or terms was to deny"
_EXPIRED = "expired: the last failure is SESSION_EXPIRED or SESSION_NONEXISTENT"
_DATA = "of a data session the last server event decides: progress (also 202, 203) is timed_out, failure failed"
_KIND = "kind connect if any event is from the browser, else data"

CASES = [
    Case(
        name="completed before all",
        rule=_FIRST,
        inputs=[
            step(0, "REDIRECT", "X"),
            step(1, "COMPONENT_DENY_CONSENT"),
            code(2, "SESSION_EXPIRED", "X"),
            code(3, "INVALID_PASSWORD", "X"),
        ],
        sessions=[{"outcome": "completed"}],
        visits=[{"converted": True, "outcome": "completed"}],
    ),
    Case(
        name="denied before expired",
        rule=_FIRST,
        inputs=[
            step(0, "COMPONENT_DENY_CONSENT"),
            code(1, "INVALID_PASSWORD", "X"),
            code(2, "SESSION_EXPIRED", "X"),
        ],
        sessions=[{"outcome": "denied"}],
    ),
    *(
        Case(
            name=f"{name} denies",
            rule=_DECISION,
            inputs=[step(0, "COMPONENT_ACCEPT_CONSENT"), step(1, name), step(2, "FEEDBACK")],
            sessions=[{"outcome": "denied"}],
        )
        for name in ("COMPONENT_DENY_CONSENT", "COMPONENT_DENY_TERMS")
    ),
    *(
        Case(
            name=f"{name} takes a denial back",
            rule=_DECISION,
            inputs=[step(0, "COMPONENT_DENY_TERMS"), step(1, name), step(2, "FEEDBACK")],
            sessions=[{"outcome": "abandoned"}],
        )
        for name in (
            "COMPONENT_ACCEPT_CONSENT",
            "COMPONENT_ACCEPT_PROVIDER_CONSENT",
            "COMPONENT_ACCEPT_TERMS",
        )
    ),
    Case(
        name="the last decision by order",
        rule=_DECISION,
        inputs=[step(1, "COMPONENT_DENY_TERMS"), step(0, "COMPONENT_ACCEPT_TERMS")],
        sessions=[{"outcome": "denied"}],
    ),
    Case(
        name="pairs are for counting, not for deciding",
        rule=_DECISION,
        inputs=[
            step(0, "COMPONENT_DENY_TERMS", id="s"),
            step(1, "COMPONENT_ACCEPT_TERMS"),
            code(2, "COMPONENT_DENY_TERMS", id="c"),
        ],
        sessions=[{"outcome": "denied"}],
    ),
    Case(
        name="loading the consent decides nothing",
        rule=_DECISION,
        inputs=[step(0, "COMPONENT_DENY_CONSENT"), step(1, "COMPONENT_LOAD_CONSENT")],
        sessions=[{"outcome": "denied"}],
    ),
    Case(
        name="expired before failed",
        rule=_EXPIRED,
        inputs=[code(0, "INVALID_PASSWORD", "X"), code(1, "SESSION_NONEXISTENT", "X"), step(2, "FEEDBACK")],
        sessions=[{"outcome": "expired", "failure_code": "SESSION_NONEXISTENT", "failure_class": "expiry"}],
    ),
    Case(
        name="an expiry that is not the last failure",
        rule=_EXPIRED,
        inputs=[code(0, "SESSION_EXPIRED", "X"), code(1, "INVALID_PASSWORD", "X")],
        sessions=[{"outcome": "failed", "failure_code": "INVALID_PASSWORD", "failure_class": "user"}],
    ),
    Case(
        name="POPUP_BLOCKED fails",
        rule="failed (any failure, POPUP_BLOCKED among them)",
        inputs=[step(0, "POPUP_BLOCKED"), step(1, "FEEDBACK")],
        sessions=[{"outcome": "failed", "failure_code": "POPUP_BLOCKED", "failure_class": "integration"}],
    ),
    Case(
        name="a question abandoned",
        rule="in progress: QUESTION_NOT_FOUND, OPERATION_PENDING, OPERATION_DISPATCHED",
        inputs=[code(0, "QUESTION_NOT_FOUND", "X"), code(1, "OPERATION_PENDING", "X")],
        sessions=[{"outcome": "abandoned", "failure_code": None}],
    ),
    Case(
        name="closed by the user",
        rule=_FIRST,
        inputs=[step(0, "APP_MOUNTED"), step(1, "COMPONENT_CLOSE_SESSION")],
        sessions=[{"outcome": "abandoned", "closed_by": "terminal"}],
    ),
    Case(
        name="a backend's failure in a connect session",
        rule=_FIRST,
        inputs=[step(0, "APP_MOUNTED", "X"), api(1, "RETRY_LATER", connect_session_id="visit")],
        sessions=[{"kind": "connect", "outcome": "failed", "failure_code": "RETRY_LATER"}],
    ),
    Case(
        name="kind of a browser's api event",
        rule=_KIND,
        inputs=[api(0, "OK", source="browser")],
        sessions=[{"kind": "connect", "outcome": "abandoned"}],
    ),
    Case(
        name="data completed",
        rule=_DATA,
        inputs=[api(0, "OPERATION_PENDING", http_status=202), api(1, "OK", http_status=200)],
        sessions=[{"kind": "data", "outcome": "completed", "closed_by": "terminal", "codes": {"OPERATION_PENDING": 1}}],
    ),
    Case(
        name="data completed after a failure",
        rule=_DATA,
        inputs=[api(0, "RETRY_LATER", http_status=401), webhook(1, "OK", http_status=200)],
        sessions=[{"outcome": "completed", "failure_code": None, "codes": {"RETRY_LATER": 1}}],
    ),
    Case(
        name="data without transactions",
        rule="benign: NO_TRANSACTION",
        inputs=[api(0, "NO_TRANSACTION", http_status=404)],
        sessions=[{"outcome": "completed", "codes": {"NO_TRANSACTION": 1}}],
    ),
    Case(
        name="data failed",
        rule=_DATA,
        inputs=[api(0, "OK"), api(1, "RETRY_LATER", http_status=401)],
        sessions=[
            {
                "outcome": "failed",
                "failure_code": "RETRY_LATER",
                "failure_class": "institution",
                "closed_by": "terminal",
            }
        ],
    ),
    Case(
        name="data that expired has failed",
        rule=_DATA,
        inputs=[api(0, "SESSION_EXPIRED", http_status=401)],
        sessions=[{"outcome": "failed", "failure_code": "SESSION_EXPIRED", "failure_class": "expiry"}],
    ),
    *(
        Case(
            name=f"data timed out at {name}",
            rule=_DATA,
            inputs=[api(0, "OK"), api(1, name)],
            sessions=[{"outcome": "timed_out", "closed_by": "inactivity", "codes": {name: 1}}],
        )
        for name in ("QUESTION_NOT_FOUND", "OPERATION_PENDING", "OPERATION_DISPATCHED")
    ),
    *(
        Case(
            name=f"data timed out at status {status}",
            rule=_DATA,
            inputs=[api(0, "OK", http_status=status)],
            sessions=[{"outcome": "timed_out", "closed_by": "inactivity", "codes": {}}],
        )
        for status in (202, 203)
    ),
    Case(
        name="status 201 is a final answer",
        rule=_DATA,
        inputs=[api(0, "OK", http_status=201)],
        sessions=[{"outcome": "completed", "closed_by": "terminal"}],
    ),
    Case(
        name="the last by order decides",
        rule=_DATA,
        inputs=[api(1, "OK"), api(0, "RETRY_LATER")],
        sessions=[{"outcome": "completed"}],
    ),
]
