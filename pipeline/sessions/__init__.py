"""Visits and session windows: what the events of one partition come to.

`SessionFold` is what the engine runs; `offline` gives the same results from lines of events without a broker:
`.sessions` and `.visits` (the latest revision of each, by id), `.emitted` and `.emitted_visits` (every revision in
order) and `.rejected`. `Offline` drives the fold step by step: in chunks, with append times, from restored state.
"""

from pipeline.sessions.fold import SessionFold, Settings, Topics
from pipeline.sessions.offline import Offline, offline, session_lines
from pipeline.sessions.tally import Tally

__all__ = ["Offline", "SessionFold", "Settings", "Tally", "Topics", "offline", "session_lines"]
