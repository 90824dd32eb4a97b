"""What an event or code means."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from pipeline.cli.explain.show import facts, title
from pipeline.flinks.catalogue import STAGES, Entry, FailureClass, Meaning, Role
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
_FROM_BROWSER: Final = "from the browser"
_FROM_ELSEWHERE: Final = "from the backend or a webhook"


def entry_parts(entry: Entry) -> Iterable[RenderableType]:
    """An entry of the catalogue, for `show`."""
    yield title(entry.name)
    for meaning, where in _meanings(entry):
        yield Text(f"{where.capitalize()}: {meaning.about}" if where else meaning.about)
    yield Text()
    yield facts(_rows(entry))


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry of the catalogue as it is."""
    return asdict(entry) | {"attributes": sorted(entry.attributes)}


def _meanings(entry: Entry) -> Iterable[tuple[Meaning, str]]:
    """What it means, and where it does if that matters."""
    if entry.in_browser == entry.outside_browser:
        return [(entry.in_browser, "")]
    return [(entry.in_browser, _FROM_BROWSER), (entry.outside_browser, _FROM_ELSEWHERE)]


def _rows(entry: Entry) -> Iterable[tuple[str, str]]:
    yield "comes as", " and ".join(_KINDS[kind] for kind in entry.kinds)
    yield "role", _ROLES[entry.role]
    yield "stage", f"{entry.stage} ({STAGES.index(entry.stage) + 1} of {len(STAGES)})" if entry.stage else "none"
    meanings = list(_meanings(entry))
    for meaning, where in meanings:
        yield "class", f"{where} {_class_told(meaning.failure_class)}".strip()
    if entry.decision:
        yield "decision", f"the user's, to {entry.decision}"
    yield "attempt", _FLAGS["attempt"] if entry.attempt else "no"
    for flag in ("begins", "retry", "completes", "closes", "background"):
        if getattr(entry, flag):
            yield flag, _FLAGS[flag]
    if entry.http_status:
        yield "HTTP status", str(entry.http_status)
    if entry.attributes:
        yield "told besides", ", ".join(sorted(entry.attributes))
    for meaning, _ in meanings:
        if meaning.message:
            yield "message", meaning.message
    yield "listed under", ", ".join(entry.listed)
    for meaning, where in meanings:
        yield "what to do", f"{where}: {meaning.advice}" if where else meaning.advice


def _class_told(failure_class: FailureClass | None) -> str:
    if failure_class is None:
        return "none, it is no failure"
    return f"{failure_class}: {CLASS_MEANING[failure_class]}"
