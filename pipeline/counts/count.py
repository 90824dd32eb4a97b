"""One record of flinks.counts."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

SAMPLES: Final = 5
"""As many requestIds as an alert names."""


class Count(Struct, gc=False):
    """What one checkpoint of a partition adds to a minute of event time at an institution in an app.

    Institutions, apps and codes are bounded: what is not listed is "other" or "unknown". Ids are samples only.
    A checkpoint with nothing to count has one without a minute, for its watermark's sake.
    """

    v: Literal[1]
    partition: int
    """Of flinks.events."""
    watermark: str
    """Of that partition at the checkpoint, RFC 3339."""
    minute: str | None = None
    """Its start, RFC 3339."""
    institution: str | None = None
    app: str | None = None
    attempts: int = 0
    """Credentials submitted, or a bank's own login page opened."""
    completions: int = 0
    """First REDIRECTs of a requestId in a visit."""
    waits: dict[int, int] = {}
    """Of the completions with an attempt before: minutes since the one that was completed, and how many."""
    codes: dict[str, int] = {}
    """Code to the number of visits that met it; a visit counts once a code and minute."""
    visits: int = 0
    """Visits that began; mostly before their institution is known."""
    timed_out: int = 0
    """Data requests that were given up after half an hour without an answer, in the minute when they were."""
    reports: int = 0
    """Events of kind code or api that tell of a code, however often one visit met it."""
    anonymous: int = 0
    """Those of them without a requestId."""
    samples: dict[str, list[str]] = {}
    """Code to a few requestIds that met it."""

    def meet(self, code: str, request_id: str | None) -> None:
        """Count a visit that meets a code for the first time in this minute."""
        self.codes[code] = self.codes.get(code, 0) + 1
        if request_id is not None:
            samples = self.samples.setdefault(code, [])
            if len(samples) < SAMPLES:
                samples.append(request_id)

    def add(self, other: "Count") -> None:
        """Add what another count says of the same minute, institution and app."""
        for code, visits in other.codes.items():
            self.codes[code] = self.codes.get(code, 0) + visits
        for code, request_ids in other.samples.items():
            self.samples[code] = [*self.samples.get(code, ()), *request_ids][:SAMPLES]
        for minutes, completions in other.waits.items():
            self.waits[minutes] = self.waits.get(minutes, 0) + completions
        self.attempts += other.attempts
        self.completions += other.completions
        self.visits += other.visits
        self.timed_out += other.timed_out
        self.reports += other.reports
        self.anonymous += other.anonymous


read: Final = msgspec.json.Decoder(Count).decode
"""Raises msgspec.MsgspecError for what is no count."""

write: Final = msgspec.json.Encoder().encode
