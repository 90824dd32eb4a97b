"""The same occurrence told twice, as a browser step and as a Flinks code, counts once."""

from collections import defaultdict
from collections.abc import Sequence

from pipeline.sessions.rules import CODE, PAIR_MS, STEP
from pipeline.sessions.window import ID, NAME, TIME, WHAT, Kept


def counted_once(events: Sequence[Kept]) -> Sequence[Kept]:
    """The events of one session, in order, without the later one of each pair.

    A step and a code of one name pair if they are at most 5 s apart, one to one, the earliest first.
    """
    if len(events) < 2:  # noqa: PLR2004  # a pair
        return events
    codes = {event[NAME] for event in events if event[WHAT] % 3 == CODE}
    twice = {event[NAME] for event in events if event[WHAT] % 3 == STEP and event[NAME] in codes}
    if not twice:
        return events
    told: defaultdict[str, tuple[list[Kept], list[Kept]]] = defaultdict(lambda: ([], []))
    for event in events:
        if event[NAME] in twice and event[WHAT] % 3 in {STEP, CODE}:
            told[event[NAME]][event[WHAT] % 3].append(event)
    later = {event[ID] for steps, found in told.values() for event in _later_of_pairs(steps, found)}
    return [event for event in events if event[ID] not in later]


def _later_of_pairs(steps: list[Kept], codes: list[Kept]) -> list[Kept]:
    later = []
    step = code = 0
    while step < len(steps) and code < len(codes):
        if abs(steps[step][TIME] - codes[code][TIME]) <= PAIR_MS:
            later.append(max(steps[step], codes[code]))
            step += 1
            code += 1
        elif steps[step] < codes[code]:
            step += 1
        else:
            code += 1
    return later
