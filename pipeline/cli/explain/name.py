"""What an event or code means."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from pipeline.cli.explain.show import facts, title
from pipeline.flinks.catalogue import STAGES, Entry, FailureClass, Role
from pipeline.flinks.lookup import CLASS_MEANING

_ROLES: Final = {
    Role.PROGRESS: "a step of the journey",
    Role.FAILURE: "a failure",
    Role.IN_PROGRESS: "in progress: not an answer yet, and no failure",
    Role.BENIGN: "a code without harm",
    Role.TERMINAL: "an end of the journey",
    Role.INFORMATION: "information, it decides nothing",
}
_KINDS: Final = {"step": "a step in the browser", "code": "a Flinks code", "api": "an answer of the API"}
_FLAGS: Final = {
    "attempt": "counts as an attempt to log in",
    "begins": "a new login may begin here, before Flinks has given it a requestId",
    "retry": "counts as a retry",
    "completes": "completes the session, whatever else came",
    "closes": "as the last event it closes the session soon",
    "background": "the session may go on for 30 minutes",
}
_TOLD_APART: Final = frozenset(
    {"name", "kinds", "role", "about", "stage", "failure_class", "failure_class_outside_browser", "decision", "attempt"}
)
"""Fields that have their own words here; the others are shown by their names."""
_LABELS: Final = {"http_status": "HTTP status", "advice": "what to do", "advice_outside_browser": "at the backend"}
_LAST: Final = ("advice", "advice_outside_browser", "section")


def entry_parts(entry: Entry) -> Iterable[RenderableType]:
    """An entry of the catalogue, for `show`."""
    yield title(entry.name)
    yield Text(entry.about)
    yield Text()
    yield facts(_rows(entry))


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry of the catalogue as it is."""
    return {field.name: getattr(entry, field.name) for field in fields(entry)}


def _rows(entry: Entry) -> Iterable[tuple[str, str]]:
    yield "comes as", " and ".join(_KINDS[kind] for kind in entry.kinds)
    yield "role", _ROLES[entry.role]
    yield "stage", f"{entry.stage} ({STAGES.index(entry.stage) + 1} of {len(STAGES)})" if entry.stage else "none"
    yield from _classes(entry)
    if entry.decision:
        yield "decision", f"the user's, to {entry.decision}"
    yield "attempt", _FLAGS["attempt"] if entry.attempt else "no"
    names = [field.name for field in fields(entry) if field.name not in _TOLD_APART]
    for name in sorted(names, key=lambda name: _LAST.index(name) if name in _LAST else -1):
        if said := getattr(entry, name):
            yield _LABELS.get(name, name.replace("_", " ")), _told(name, said)


def _told(name: str, said: Any) -> str:
    if said is True:
        return _FLAGS.get(name, "yes")
    if isinstance(said, tuple | list):
        return ", ".join(str(each) for each in said)
    return str(said)


def _classes(entry: Entry) -> Iterable[tuple[str, str]]:
    in_browser, elsewhere = entry.failure_class, entry.failure_class_outside_browser
    if in_browser is None:
        yield "class", "none, it is no failure"
    elif elsewhere is None or elsewhere == in_browser:
        yield "class", _class_told(in_browser)
    else:
        yield "class", f"from the browser {_class_told(in_browser)}"
        yield "", f"from the backend or a webhook {_class_told(elsewhere)}"


def _class_told(failure_class: FailureClass) -> str:
    return f"{failure_class}: {CLASS_MEANING[failure_class]}"
