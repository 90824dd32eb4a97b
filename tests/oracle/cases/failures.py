"""Which names are failures, of which class, and which one is told."""

from tests.oracle.cases.building import api, code, step
from tests.oracle.contract import Case

_CLASS = "failure = a name with a failure class, or an unknown code"
_UNKNOWN = "an unknown code (for kind api only with status 400 or more); unknown steps are information"
_LAST = "failure_code = the last failure by order, with failure_class"
_NULL = "null unless the outcome is failed or expired"

_CLASSES = {
    "user": [
        "INVALID_LOGIN",
        "INVALID_USERNAME",
        "INVALID_PASSWORD",
        "INVALID_SECURITY_RESPONSE",
        "INVALID_SECURITY_RESPONSE_NO_RETRY",
        "SECURITYRESPONSES_INCOMPLETE",
        "MAXIMUM_RETRY_REACHED",
    ],
    "user-at-bank": ["NEW_ACCOUNT", "DISABLED_LOGIN"],
    "institution": [
        "RETRY_LATER",
        "DISABLED_INSTITUTION",
        "INSTITUTION_NOT_AVAILABLE",
        "UNAUTHORIZED",
        "BANK_MAINTENANCE_RETRY_LATER",
    ],
    "platform": ["AGGREGATION_ERROR", "UNHANDLED"],
    "integration": [
        "INVALID_REQUEST",
        "ACCESS_DENIED",
        "TOKEN_INVALID",
        "CARD_IN_USE",
        "CONCURRENT_SESSION",
        "ALREADY_AUTHORIZED",
        "UNKNOWN_CHALLENGE_KEY",
        "METHOD_NOT_AVAILABLE",
        "TOO_MANY_REQUESTS",
        "INVALID_INSTITUTION",
        "POPUP_BLOCKED",
    ],
    "expiry": ["SESSION_EXPIRED", "SESSION_NONEXISTENT"],
}
_INFORMATION = ["QUESTION_NOT_FOUND", "NO_TRANSACTION", "APP_OFFLINE", "POPUP_CLOSED", "RETRY_COUNT", "OK"]

CASES = [
    *(
        Case(
            name=f"{name} told by a {made.__name__} is of class {failure_class}",
            rule=_CLASS,
            inputs=[made(0, name, "X")],
            sessions=[
                {
                    "outcome": "expired" if failure_class == "expiry" else "failed",
                    "failure_code": name,
                    "failure_class": failure_class,
                    "codes": {name: 1},
                }
            ],
        )
        for failure_class, names in _CLASSES.items()
        for name in names
        for made in (step, code)
    ),
    *(
        Case(
            name=f"{name} is no failure",
            rule=_CLASS,
            inputs=[code(0, name, "X")],
            sessions=[{"outcome": "abandoned", "failure_code": None, "failure_class": None}],
        )
        for name in _INFORMATION
    ),
    Case(
        name="INVALID_LOGIN of the backend",
        rule="INVALID_LOGIN(browser) is of class user, INVALID_LOGIN(backend) integration",
        inputs=[api(0, "INVALID_LOGIN", http_status=401)],
        sessions=[{"outcome": "failed", "failure_code": "INVALID_LOGIN", "failure_class": "integration"}],
    ),
    Case(
        name="an unknown code",
        rule=_UNKNOWN,
        inputs=[code(0, "NEVER_SEEN", "X")],
        sessions=[
            {
                "outcome": "failed",
                "failure_code": "NEVER_SEEN",
                "failure_class": "unknown",
                "codes": {"NEVER_SEEN": 1},
            }
        ],
    ),
    Case(
        name="an unknown code of the backend",
        rule=_UNKNOWN,
        inputs=[code(0, "NEVER_SEEN", "X", source="server", http_status=200)],
        sessions=[{"kind": "data", "outcome": "failed", "failure_class": "unknown"}],
    ),
    Case(
        name="an unknown step",
        rule=_UNKNOWN,
        inputs=[step(0, "NEVER_SEEN", "X")],
        sessions=[{"outcome": "abandoned", "failure_code": None, "codes": {}}],
    ),
    Case(
        name="an unknown answer of status 400",
        rule=_UNKNOWN,
        inputs=[api(0, "NEVER_SEEN", http_status=400)],
        sessions=[
            {
                "outcome": "failed",
                "failure_code": "NEVER_SEEN",
                "failure_class": "unknown",
                "codes": {"NEVER_SEEN": 1},
            }
        ],
    ),
    Case(
        name="an unknown answer of status 399",
        rule=_UNKNOWN,
        inputs=[api(0, "NEVER_SEEN", http_status=399)],
        sessions=[{"outcome": "completed", "failure_code": None, "codes": {}}],
    ),
    Case(
        name="an unknown answer without a status",
        rule=_UNKNOWN,
        inputs=[api(0, "NEVER_SEEN")],
        sessions=[{"outcome": "completed", "failure_code": None, "codes": {}}],
    ),
    Case(
        name="a known answer of status 400",
        rule=_UNKNOWN,
        inputs=[api(0, "OK", http_status=400)],
        sessions=[{"outcome": "completed", "codes": {}}],
    ),
    Case(
        name="the last failure",
        rule=_LAST,
        inputs=[
            code(3, "RETRY_LATER", "X"),
            code(1, "INVALID_PASSWORD", "X"),
            code(2, "UNHANDLED", "X"),
            step(4, "FEEDBACK"),
        ],
        sessions=[{"outcome": "failed", "failure_code": "RETRY_LATER", "failure_class": "institution"}],
    ),
    Case(
        name="the last failure at one time",
        rule=_LAST,
        inputs=[code(1, "RETRY_LATER", "X", seq=2), code(1, "INVALID_PASSWORD", "X", seq=1)],
        sessions=[{"failure_code": "RETRY_LATER"}],
    ),
    Case(
        name="no failure_code of a completed session",
        rule=_NULL,
        inputs=[code(0, "INVALID_PASSWORD", "X"), step(1, "REDIRECT")],
        sessions=[
            {
                "outcome": "completed",
                "failure_code": None,
                "failure_class": None,
                "codes": {"INVALID_PASSWORD": 1},
            }
        ],
    ),
    Case(
        name="no failure_code of a denied session",
        rule=_NULL,
        inputs=[code(0, "INVALID_PASSWORD", "X"), step(1, "COMPONENT_DENY_TERMS")],
        sessions=[{"outcome": "denied", "failure_code": None, "failure_class": None}],
    ),
    Case(
        name="no failure_code of data that timed out",
        rule=_NULL,
        inputs=[api(0, "RETRY_LATER"), api(1, "OPERATION_PENDING", http_status=202)],
        sessions=[{"outcome": "timed_out", "failure_code": None, "failure_class": None}],
    ),
]
