"""What the names that the made-up users meet mean for the truth.

A small table of its own, so that an error in the pipeline's catalogue can not hide in here too.
"""

from typing import Final

IN_PROGRESS: Final = "in_progress"
BENIGN: Final = "benign"

_CLASSES: Final = {
    "user": (
        "INVALID_LOGIN",
        "INVALID_USERNAME",
        "INVALID_PASSWORD",
        "INVALID_SECURITY_RESPONSE",
        "INVALID_SECURITY_RESPONSE_NO_RETRY",
        "SECURITYRESPONSES_INCOMPLETE",
        "MAXIMUM_RETRY_REACHED",
    ),
    "user-at-bank": ("NEW_ACCOUNT", "DISABLED_LOGIN"),
    "institution": (
        "RETRY_LATER",
        "DISABLED_INSTITUTION",
        "INSTITUTION_NOT_AVAILABLE",
        "UNAUTHORIZED",
        "BANK_MAINTENANCE_RETRY_LATER",
    ),
    "platform": ("AGGREGATION_ERROR", "UNHANDLED"),
    "integration": (
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
    ),
    "expiry": ("SESSION_EXPIRED", "SESSION_NONEXISTENT"),
    IN_PROGRESS: ("QUESTION_NOT_FOUND", "OPERATION_PENDING", "OPERATION_DISPATCHED"),
    BENIGN: ("NO_TRANSACTION",),
}
CLASS_OF: Final = {name: cls for cls, names in _CLASSES.items() for name in names}
"""Failure class of a name, or `in_progress`, or `benign`."""

_STAGES: Final = {
    "mounted": ("APP_MOUNTED",),
    "consent": (
        "COMPONENT_LOAD_CONSENT",
        "COMPONENT_CONSENT_INTRO",
        "COMPONENT_PROVIDER_CONSENT_INFO",
        "COMPONENT_ACCEPT_CONSENT",
        "COMPONENT_ACCEPT_PROVIDER_CONSENT",
        "COMPONENT_ACCEPT_TERMS",
        "COMPONENT_DENY_CONSENT",
        "COMPONENT_DENY_TERMS",
    ),
    "institutions": ("COMPONENT_LOAD_INSTITUTION_SELECTOR",),
    "institution": ("INSTITUTION_SELECTED",),
    "credentials": (
        "COMPONENT_LOAD_CREDENTIAL",
        "COMPONENT_LOAD_CREDENTIAL_RETRY",
        "COMPONENT_LOAD_UPLOAD",
    ),
    "submitted": ("SUBMIT_CREDENTIAL", "POPUP_OPENED", "UPLOAD_SUBMIT"),
    "mfa": ("COMPONENT_LOAD_MFA", "COMPONENT_LOAD_MFA_RETRY", "QUESTION_NOT_FOUND"),
    "mfa_submitted": ("SUBMIT_MFA",),
    "accounts": ("COMPONENT_LOAD_ACCOUNT_SELECTION",),
    "account_selected": ("ACCOUNT_SELECTED",),
    "enhanced_mfa": (
        "ENHANCED_MFA_HAS_QUESTIONS",
        "SUBMIT_GET_MFA_QUESTIONS",
        "SUBMIT_ANSWER_MFA_QUESTIONS",
        "ENHANCED_MFA_SUCCESS",
        "SKIP_ENHANCED_MFA",
    ),
    "connected": ("REDIRECT",),
}
STAGES: Final = tuple(_STAGES)
STAGE_OF: Final = {name: stage for stage, names in _STAGES.items() for name in names}

ACCEPTS: Final = frozenset(("COMPONENT_ACCEPT_CONSENT", "COMPONENT_ACCEPT_PROVIDER_CONSENT", "COMPONENT_ACCEPT_TERMS"))
DENIALS: Final = frozenset(("COMPONENT_DENY_CONSENT", "COMPONENT_DENY_TERMS"))
RETRIES: Final = frozenset(("COMPONENT_LOAD_CREDENTIAL_RETRY", "COMPONENT_LOAD_MFA_RETRY"))

HTTP_STATUS: Final = {
    "OK": 200,
    "OPERATION_PENDING": 202,
    "OPERATION_DISPATCHED": 202,
    "SESSION_NONEXISTENT": 400,
    "CARD_IN_USE": 400,
    "NO_TRANSACTION": 404,
    "DISABLED_INSTITUTION": 405,
    "AGGREGATION_ERROR": 500,
    "METHOD_NOT_AVAILABLE": 501,
}
"""Status of an API answer where it is not 401."""
HTTP_ERROR: Final = 400
"""An API answer of an unknown name is a failure from this status on."""


def failure_class(name: str, *, browser: bool) -> str:
    """Class of a failure; INVALID_LOGIN of a backend means its loginId, not a password."""
    if name == "INVALID_LOGIN" and not browser:
        return "integration"
    return CLASS_OF.get(name, "unknown")


def is_failure(name: str) -> bool:
    """Whether a code of this name says that something failed; unknown codes do."""
    return CLASS_OF.get(name) not in {IN_PROGRESS, BENIGN}
