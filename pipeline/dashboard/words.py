"""What the page says of a failure: whose it is, what to do, what to tell users."""

from typing import Final

from pipeline.dashboard.alerts import ANY, Alert
from pipeline.flinks.catalogue import CATALOGUE, FailureClass, Role
from pipeline.flinks.lookup import CLASS_MEANING

_TELL_OF_CLASS: Final = {
    FailureClass.INSTITUTION: "{bank} can not be reached at the moment. Your password is fine. Please try again later.",
    FailureClass.PLATFORM: "Connecting {bank} does not work at the moment. It is not your fault. "
    "Please try again later.",
    FailureClass.USER: "Please check that your login works on the website of {bank}. "
    "If it does, the fault is not yours: try again later.",
    FailureClass.USER_AT_BANK: "{bank} does not let this login in. Please log in on its website, or call the bank.",
    FailureClass.INTEGRATION: "Connecting {bank} does not work at the moment. The fault is ours, and we are on it.",
    FailureClass.EXPIRY: "Connecting {bank} takes too long at the moment. Please begin again, or try later.",
    FailureClass.UNKNOWN: "Connecting {bank} does not work at the moment. We are looking into it. "
    "Please try again later.",
}
_TELL_OF_KIND: Final = {
    "silence": "Connecting a bank may not work at the moment. Please try again later.",
    "backlog": "Your bank is connected; fetching the data takes longer than usual. There is nothing to do.",
    "identity_loss": "Nothing: users notice nothing of this.",
}
_NO_NAMES: Final = frozenset({"Several banks", "All banks", "Other banks", "other"})
_WITHOUT_CODE: Final = frozenset({*_TELL_OF_KIND, "no_completion"})
_TITLES: Final = {
    "outage": "{bank}: most logins fail",
    "code_spike": "{bank}: {code} far more often than usual",
    "no_completion": "{bank}: nobody gets connected",
    "user_error_surge": "{bank}: far more users than usual are refused",
    "silence": "{bank}: no events come in",
    "backlog": "{bank}: data requests pile up",
    "identity_loss": "{bank}: events come without requestId",
}


def bank_of(alert: Alert) -> str:
    """Whom it is about, in words."""
    if alert.institution == ANY and len(alert.institutions) != 1:
        return "Several banks" if alert.institutions else "All banks"
    bank = alert.institution if alert.institution != ANY else alert.institutions[0]
    return "Other banks" if bank == "other" else bank


def title(alert: Alert) -> str:
    """The incident in a few words."""
    code = code_of(alert) or "errors"
    return _TITLES.get(alert.kind, "{bank}: {code}").format(bank=bank_of(alert), code=code)


def code_of(alert: Alert) -> str | None:
    """The code that it is about; None if it is not about one, whatever stands in its place."""
    code = alert.code if alert.code != ANY else next(iter(alert.codes), ANY)
    return None if code == ANY or (alert.kind in _WITHOUT_CODE and code not in CATALOGUE) else code


def class_of(code: str) -> FailureClass | None:
    """Whose failure a code is, as browsers mean it; None of what is no failure."""
    entry = CATALOGUE.get(code)
    if entry is None:
        return FailureClass.UNKNOWN
    return entry.in_browser.failure_class if entry.role is Role.FAILURE else None


def about(code: str) -> str | None:
    """What a code means, None if the catalogue does not have it."""
    entry = CATALOGUE.get(code)
    return entry.in_browser.about if entry else None


def advice(code: str) -> str | None:
    """What the person on call does about a code."""
    entry = CATALOGUE.get(code)
    return entry.in_browser.advice if entry else None


def whose(code: str) -> str | None:
    """Whose turn it is."""
    failure_class = class_of(code)
    return CLASS_MEANING[failure_class] if failure_class else None


def tell(code: str | None, bank: str, kind: str | None = None) -> str:
    """What to tell users."""
    if kind in _TELL_OF_KIND:
        return _TELL_OF_KIND[kind]
    failure_class = class_of(code) if code else FailureClass.UNKNOWN
    called = "your bank" if bank in _NO_NAMES else bank
    told = _TELL_OF_CLASS[failure_class or FailureClass.UNKNOWN].format(bank=called)
    return told[0].upper() + told[1:]
