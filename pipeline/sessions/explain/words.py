"""Times and events in a few words."""

from typing import Final

from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.times import format_ms
from pipeline.sessions.script import failure_class
from pipeline.sessions.window import EXTRA, NAME, TIME, WHAT, Kept

SECOND_MS: Final = 1_000
_UNITS: Final = (("h", 3_600 * SECOND_MS), ("min", 60 * SECOND_MS), ("s", SECOND_MS))


def told_ms(ms: int) -> str:
    """A length of time by its two largest units: 350 ms, 12.4 s, 1 min 12 s, 2 h."""
    if ms < SECOND_MS:
        return f"{ms} ms"
    if ms < 60 * SECOND_MS:
        return f"{ms / SECOND_MS:.1f}".removesuffix(".0") + " s"
    parts = []
    for unit, length_ms in _UNITS:
        whole, ms = divmod(ms, length_ms)
        if whole:
            parts.append(f"{whole} {unit}")
    return " ".join(parts[:2])


def at(event: Kept) -> str:
    """An event and its time of day."""
    return f"{event[NAME]} at {format_ms(event[TIME])[11:]}"


def about(name: str, *, in_browser: bool) -> str:
    """What a name means where it comes from."""
    entry = CATALOGUE.get(name)
    return entry.meaning(in_browser=in_browser).about if entry else "Not in the catalogue."


def status_of(event: Kept) -> int | None:
    """The HTTP status that an event told."""
    extra = event[EXTRA]
    return extra[0] if isinstance(extra, tuple) else extra


def class_of(event: Kept) -> str | None:
    """Whose failure an event tells of, None if of none."""
    return failure_class(event[NAME], event[WHAT], status_of(event))
