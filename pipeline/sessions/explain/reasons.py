"""Why a session got its outcome: which rule decided, and by which event."""

from collections.abc import Callable, Sequence
from typing import Final

from pipeline.flinks.catalogue import STAGES
from pipeline.sessions.explain.words import at, class_of, status_of, told_ms
from pipeline.sessions.pairing import told_again
from pipeline.sessions.rules import CLOSES, DENIALS, STAGE_OF
from pipeline.sessions.script import Script
from pipeline.sessions.window import NAME, TIME, Kept


def reasons(script: Script, events: Sequence[Kept]) -> list[str]:
    """A sentence or two on the outcome that the script has; `events` are the session's, in order."""
    if not script.connect:
        return [_last_answer(script, events[-1])]
    return _REASONS[script.outcome](script, events)


def _completed(script: Script, events: Sequence[Kept]) -> list[str]:
    place = script.redirect_place or 0
    redirect = events[place]
    after = told_ms(redirect[TIME] - events[0][TIME])
    told = f"Completed, for there was a {at(redirect)}, {after} after the start; that decides, whatever else came."
    failures = dict.fromkeys(event[NAME] for event in events[:place] if class_of(event) is not None)
    return [told, f"The user got over {', '.join(failures)} before it."] if failures else [told]


def _denied(_: Script, events: Sequence[Kept]) -> list[str]:
    last = [event for event in events if event[NAME] in DENIALS][-1]
    return [f"Denied, for the last decision on consent or terms was {at(last)}, and no REDIRECT came."]


def _failed(script: Script, events: Sequence[Kept]) -> list[str]:
    again = told_again(events, script.twice)
    last = [place for place, event in enumerate(events) if place not in again and class_of(event) is not None][-1]
    silence_ms = events[last][TIME] - events[max(0, last - 1)][TIME]
    when = f"{at(events[last])}, {told_ms(silence_ms)} after what came before it" if silence_ms else at(events[last])
    told = f"{script.outcome.capitalize()}, for the last failure was {when}, and no REDIRECT came."
    after = [event for event in events[last + 1 :] if class_of(event) is None]
    return [told, f"What came after it, up to {at(after[-1])}, does not undo a failure."] if after else [told]


def _abandoned(script: Script, events: Sequence[Kept]) -> list[str]:
    told = ["Abandoned, for there was no REDIRECT, no failure, and consent was not denied last."]
    if script.furthest_stage >= 0:
        reached = next(event for event in events if STAGE_OF.get(event[NAME]) == script.furthest_stage)
        told.append(f"The furthest stage was {STAGES[script.furthest_stage]}, by {at(reached)}.")
    last = "The user closed Flinks Connect:" if events[-1][NAME] in CLOSES else "The last that came was"
    return [*told, f"{last} {at(events[-1])}."]


_REASONS: Final[dict[str, Callable[[Script, Sequence[Kept]], list[str]]]] = {
    "completed": _completed,
    "denied": _denied,
    "expired": _failed,
    "failed": _failed,
    "abandoned": _abandoned,
}
"""Of connect sessions, by outcome."""


def _last_answer(script: Script, last: Kept) -> str:
    """Of a data session, which its last event decides."""
    status = status_of(last)
    answer = at(last) + (f" with HTTP {status}" if status is not None else "")
    if script.outcome == "timed_out":
        return f"Timed out, for the last answer was {answer}: Flinks was not done, and nothing followed."
    if script.outcome == "failed":
        return f"Failed, for the last answer was a failure: {answer}."
    return f"Completed, for the last answer was final and no failure: {answer}."
