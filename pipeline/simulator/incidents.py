"""Made-up outages: `RBC:RETRY_LATER:0.8@10m+15m`."""

import re
from dataclasses import dataclass
from typing import Final

from pipeline.simulator.names import is_failure
from pipeline.simulator.timing import HOUR_MS, MINUTE_MS, SECOND_MS
from pipeline.simulator.world import INSTITUTIONS

EXAMPLE: Final = "RBC:RETRY_LATER:0.8@10m+15m"
_UNIT_MS: Final = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS}
_NAME = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([smh])")


class IncidentError(ValueError):
    """An incident's text can not be read; the message says which part and what it should be."""


@dataclass(frozen=True, slots=True)
class Incident:
    """For a while, a share of the attempts at an institution fails with one code."""

    institution: str
    """Its name, or `*` for all."""
    code: str
    share: float
    start_ms: int
    """From the simulation's start."""
    length_ms: int

    def hits(self, institution: str, after_ms: int) -> bool:
        """Whether attempts at `institution` suffer, `after_ms` from the simulation's start."""
        return self.start_ms <= after_ms < self.start_ms + self.length_ms and self.institution in {"*", institution}


def parse_incident(text: str) -> Incident:
    """Read an incident as written on the command line.

    Args:
        text: `INSTITUTION:CODE:SHARE@START+LENGTH`, the institution `*` for all,
            the share of attempts over 0 and up to 1, times with the unit s, m or h.

    Raises:
        IncidentError: when a part is missing or makes no sense.

    """
    what, at, when = text.strip().partition("@")
    parts = what.split(":")
    start, plus, length = when.partition("+")
    if not at or not plus or len(parts) != 3:  # noqa: PLR2004 - institution, code, share
        raise _wrong(text, "it should look like INSTITUTION:CODE:SHARE@START+LENGTH")
    institution, code, share = (part.strip() for part in parts)
    return Incident(
        _institution(text, institution),
        _code(text, code),
        _share(text, share),
        _duration_ms(text, "start", start.strip()),
        _duration_ms(text, "length", length.strip(), least_ms=1),
    )


def _wrong(text: str, why: str) -> IncidentError:
    return IncidentError(f"incident {text!r}: {why} (for example {EXAMPLE})")


def _institution(text: str, name: str) -> str:
    known = {bank.name.lower(): bank.name for bank in INSTITUTIONS} | {"*": "*"}
    if name.lower() not in known:
        names = ", ".join(bank.name for bank in INSTITUTIONS)
        raise _wrong(text, f"no made-up user banks at {name!r}; take * or one of {names}")
    return known[name.lower()]


def _code(text: str, code: str) -> str:
    if not _NAME.fullmatch(code):
        raise _wrong(text, f"{code!r} is not a code; codes are written in capitals like RETRY_LATER")
    if not is_failure(code) or code == "OK":
        raise _wrong(text, f"{code} is no failure, so nothing can fail with it")
    return code


def _share(text: str, share: str) -> float:
    try:
        value = float(share)
    except ValueError:
        raise _wrong(text, f"the share {share!r} is not a number") from None
    if not 0 < value <= 1:
        raise _wrong(text, f"the share {share} should be over 0 and at most 1")
    return value


def _duration_ms(text: str, part: str, written: str, *, least_ms: int = 0) -> int:
    match = _LENGTH.fullmatch(written)
    if match is None:
        raise _wrong(text, f"the {part} {written!r} should be a number with s, m or h")
    value = round(float(match[1]) * _UNIT_MS[match[2]])
    if value < least_ms:
        raise _wrong(text, f"the {part} {written!r} should be longer than nothing")
    return value
