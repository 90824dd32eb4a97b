"""What happened in a session, and why it got its outcome. Pure, and by the agent's own rules.

`Replay` folds the records of one key again; `explain` makes an `Explanation` of each of its sessions that is asked
for.
"""

from pipeline.sessions.explain.explanation import Explanation, Other, explain
from pipeline.sessions.explain.replay import Replay
from pipeline.sessions.explain.timeline import Moment

__all__ = ["Explanation", "Moment", "Other", "Replay", "explain"]
