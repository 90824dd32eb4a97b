"""Which name reaches which stage, and how far a session got."""

from tests.oracle.cases.building import api, at, code, step
from tests.oracle.contract import Case

_STAGES = "stages, in order; first times; furthest_stage = the last in that order that was reached"
_DATA = "data sessions have none"
_CONNECT = "time_to_connect_ms = session start to first REDIRECT"

_VISIT = {"connect_session_id": "visit"}
_NAMES = {
    "mounted": ["APP_MOUNTED"],
    "consent": [
        "COMPONENT_LOAD_CONSENT",
        "COMPONENT_CONSENT_INTRO",
        "COMPONENT_PROVIDER_CONSENT_INFO",
        "COMPONENT_ACCEPT_CONSENT",
        "COMPONENT_ACCEPT_PROVIDER_CONSENT",
        "COMPONENT_ACCEPT_TERMS",
        "COMPONENT_DENY_CONSENT",
        "COMPONENT_DENY_TERMS",
    ],
    "institutions": ["COMPONENT_LOAD_INSTITUTION_SELECTOR"],
    "institution": ["INSTITUTION_SELECTED"],
    "credentials": ["COMPONENT_LOAD_CREDENTIAL", "COMPONENT_LOAD_CREDENTIAL_RETRY", "COMPONENT_LOAD_UPLOAD"],
    "submitted": ["SUBMIT_CREDENTIAL", "POPUP_OPENED", "UPLOAD_SUBMIT"],
    "mfa": ["COMPONENT_LOAD_MFA", "COMPONENT_LOAD_MFA_RETRY", "QUESTION_NOT_FOUND"],
    "mfa_submitted": ["SUBMIT_MFA"],
    "accounts": ["COMPONENT_LOAD_ACCOUNT_SELECTION"],
    "account_selected": ["ACCOUNT_SELECTED"],
    "enhanced_mfa": [
        "ENHANCED_MFA_HAS_QUESTIONS",
        "SUBMIT_GET_MFA_QUESTIONS",
        "SUBMIT_ANSWER_MFA_QUESTIONS",
        "ENHANCED_MFA_SUCCESS",
        "SKIP_ENHANCED_MFA",
    ],
    "connected": ["REDIRECT"],
}
_NOWHERE = ["APP_ONLINE", "ENHANCED_MFA_NO_QUESTIONS", "COMPONENT_BACK_SESSION", "INVALID_PASSWORD", "NEVER_SEEN"]

CASES = [
    *(
        Case(
            name=f"{name} reaches {stage}",
            rule=_STAGES,
            inputs=[step(1, name)],
            sessions=[{"stages": {stage: at(1)}, "furthest_stage": stage}],
            visits=[{"furthest_stage": stage}],
        )
        for stage, names in _NAMES.items()
        for name in names
    ),
    *(
        Case(
            name=f"{name} reaches no stage",
            rule=_STAGES,
            inputs=[step(1, name)],
            sessions=[{"stages": {}, "furthest_stage": None}],
        )
        for name in _NOWHERE
    ),
    Case(
        name="the order of stages",
        rule=_STAGES,
        inputs=[
            step(len(_NAMES) - place, names[-1])  # from the last stage to the first
            for place, names in enumerate(_NAMES.values())
        ],
        sessions=[
            {
                "stages": {stage: at(len(_NAMES) - place) for place, stage in enumerate(_NAMES)},
                "furthest_stage": "connected",
            }
        ],
    ),
    *(
        Case(
            name=f"{later} is further than {earlier}",
            rule=_STAGES,
            inputs=[step(0, _NAMES[later][0]), step(1, _NAMES[earlier][0])],
            sessions=[{"furthest_stage": later}],
        )
        for earlier, later in zip(list(_NAMES), list(_NAMES)[1:], strict=False)
    ),
    Case(
        name="first times",
        rule=_STAGES,
        inputs=[
            step(5, "COMPONENT_LOAD_CREDENTIAL_RETRY"),
            step(3, "COMPONENT_LOAD_CREDENTIAL"),
            step(9, "COMPONENT_LOAD_CREDENTIAL"),
        ],
        sessions=[{"stages": {"credentials": at(3)}}],
    ),
    Case(
        name="codes reach stages",
        rule=_STAGES,
        inputs=[code(1, "QUESTION_NOT_FOUND", "X")],
        sessions=[{"stages": {"mfa": at(1)}, "furthest_stage": "mfa"}],
    ),
    Case(
        name="server events of a connect session reach stages",
        rule=_STAGES,
        inputs=[step(0, "APP_MOUNTED", "X"), api(1, "QUESTION_NOT_FOUND", **_VISIT)],
        sessions=[{"stages": {"mounted": at(0), "mfa": at(1)}}],
    ),
    Case(
        name="a data session has no stages",
        rule=_DATA,
        inputs=[api(0, "QUESTION_NOT_FOUND"), api(1, "REDIRECT"), api(2, "OK")],
        sessions=[{"kind": "data", "stages": {}, "furthest_stage": None, "time_to_connect_ms": None}],
    ),
    Case(
        name="time to connect",
        rule=_CONNECT,
        inputs=[step(1, "APP_MOUNTED"), step(4.5, "REDIRECT", "X"), step(9, "REDIRECT", "X")],
        sessions=[{"time_to_connect_ms": 3500, "ended_at": at(9)}],
    ),
    Case(
        name="time to connect of a REDIRECT alone",
        rule=_CONNECT,
        inputs=[step(1, "REDIRECT", "X")],
        sessions=[{"time_to_connect_ms": 0}],
    ),
    Case(
        name="time to connect of a second session",
        rule=_CONNECT,
        inputs=[
            step(0, "APP_MOUNTED"),
            code(10, "INVALID_PASSWORD", "X"),
            step(20, "SUBMIT_CREDENTIAL"),
            step(33, "REDIRECT", "Y"),
        ],
        sessions=[{"time_to_connect_ms": None}, {"time_to_connect_ms": 13_000}],
    ),
    Case(
        name="no REDIRECT, no time to connect",
        rule=_CONNECT,
        inputs=[step(0, "APP_MOUNTED"), step(9, "ACCOUNT_SELECTED")],
        sessions=[{"time_to_connect_ms": None}],
    ),
]
