"""The numbers of session windows, and what a name does to them. All times in ms."""

from typing import Final

from pipeline.flinks.catalogue import CATALOGUE, STAGES, Role

MINUTE_MS: Final = 60_000

DISORDER_MS: Final = 60_000
"""How much the arrival of events may differ from their order."""

TERMINAL_GAP_MS: Final = 30_000
"""After the end of a journey its last stragglers come within half a minute."""

INACTIVITY_GAP_MS: Final = 8 * MINUTE_MS
"""A requestId expires after 8 minutes without activity."""

DATA_GAP_MS: Final = 30 * MINUTE_MS
"""Data processing at Flinks may take 30 minutes."""

LATE_MS: Final = 10 * MINUTE_MS
"""How long after closing an event still revises what was emitted."""

REACH_MS: Final = INACTIVITY_GAP_MS + LATE_MS
"""How near an event must be to join a window, and how long a window's state is kept after its last event."""

DATA_REACH_MS: Final = DATA_GAP_MS + LATE_MS
"""The same once the window knows of data processing."""

LIMIT_MS: Final = 120 * MINUTE_MS
"""No window spans more than two hours."""

PAIR_MS: Final = 5_000
"""A step and a code of one name this near are one occurrence, told twice."""

KEPT_EVENTS: Final = 500
"""A window keeps this many; a journey has about ten, so more is a broken page or an attack."""

KEPT_BYTES: Final = 512 * 1024
"""The raw size of what the windows of one key keep, which bounds state and results (Kafka takes 1 MB).

500 usual events have 200 kB, so only texts blown up to their limits meet it.
"""

OVER_CAP_BYTES: Final = 2_048
"""What is kept beyond the cap weighs at least this, so that one key can not have thousands of first REDIRECTs."""

FEW_EVENTS: Final = 32
LIGHT_BYTES: Final = 1024
"""The first few events of a window, if they are light, are kept without adding up their size."""

# What a kept event was: source x kind, so that the browser's are the small ones.
SOURCES: Final = {"browser": 0, "server": 3, "webhook": 6}
KINDS: Final = {"step": 0, "code": 1, "api": 2}
SOURCE_KINDS: Final = tuple((source, kind) for source in SOURCES for kind in KINDS)
BROWSER: Final = 3
"""Below it: from the browser."""
STEP: Final = 0
CODE: Final = 1
API: Final = 2

REDIRECTS: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.completes)
CLOSES: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.closes)
BACKGROUND: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.background)
BEGINNINGS: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.begins)
ATTEMPTS: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.attempt)
RETRIES: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.retry)
DENIALS: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.decision == "deny")
DECISIONS: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.decision)
IN_PROGRESS: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.role is Role.IN_PROGRESS)
BENIGN: Final = frozenset(name for name, entry in CATALOGUE.items() if entry.role is Role.BENIGN)
IN_PROGRESS_STATUS: Final = (202, 203)
"""HTTP: accepted and not done, and a security question to answer."""
FAILED_STATUS: Final = 400

STAGE_OF: Final = {name: STAGES.index(entry.stage) for name, entry in CATALOGUE.items() if entry.stage}
"""Name to the place of its stage in the journey."""

# Marks: what the fold must do about an event besides keeping it.
HASTENS: Final = 1
"""Its session may close after the terminal gap."""
LENGTHENS: Final = 2
"""Its window reaches as far as data processing does."""
COUNTED: Final = 4
"""A code to be counted by minute."""
ATTEMPT: Final = 8
UNKNOWN: Final = 16
"""Not in the catalogue: to be counted if it is a code."""
TURNS: Final = HASTENS | LENGTHENS
COMPLETES: Final = 32
COUNTS: Final = COUNTED | ATTEMPT | UNKNOWN | COMPLETES


def _mark(name: str) -> int:
    entry = CATALOGUE[name]
    mark = HASTENS if entry.completes or entry.closes else 0
    mark |= LENGTHENS if entry.background else 0
    mark |= COMPLETES if entry.completes else 0
    mark |= COUNTED if entry.role in {Role.FAILURE, Role.IN_PROGRESS, Role.BENIGN} else 0
    return mark | (ATTEMPT if entry.attempt else 0)


NAMES: Final = {name: (name, _mark(name)) for name in CATALOGUE}
"""Known name to itself, so that all events share one text, and its mark."""
