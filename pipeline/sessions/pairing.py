"""The same occurrence told twice, as a browser step and as a Flinks code, counts once."""

from collections.abc import Collection, Sequence

from pipeline.sessions.rules import CODE, PAIR_MS, STEP
from pipeline.sessions.window import NAME, TIME, WHAT, Kept


def told_again(events: Sequence[Kept], names: Collection[str]) -> tuple[int, ...]:
    """Places of the later one of each pair among a session's events, which are in order."""
    return tuple(sorted([later for _, later in pairs(events, names)]))


def pairs(events: Sequence[Kept], names: Collection[str]) -> list[tuple[int, int]]:
    """Places of the earlier and the later one of each pair.

    A step and a code of one name pair if they are at most 5 s apart, one to one, the earliest first. Only these
    names are looked at.
    """
    found = []
    for name in names:
        places = [place for place, event in enumerate(events) if event[NAME] == name]
        steps = [place for place in places if events[place][WHAT] % 3 == STEP]
        codes = [place for place in places if events[place][WHAT] % 3 == CODE]
        step = code = 0
        while step < len(steps) and code < len(codes):
            first, second = steps[step], codes[code]
            if abs(events[first][TIME] - events[second][TIME]) <= PAIR_MS:
                found.append((min(first, second), max(first, second)))
                step += 1
                code += 1
            elif first < second:
                step += 1
            else:
                code += 1
    return found
