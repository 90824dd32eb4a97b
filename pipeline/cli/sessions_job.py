"""What the sessions agent is on the engine: its topics, its consumer group, its fold."""

from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Job, StreamClock
from pipeline.sessions import SessionFold, Settings, Topics
from pipeline.sessions.rules import DISORDER_MS
from pipeline.sessions.state import STATE_FORMAT


def sessions_job(names: TopicNames, settings: Settings, disorder_ms: int = DISORDER_MS) -> Job:
    """The job under one topic prefix."""
    topics = Topics(
        events=names.events,
        sessions=names.sessions,
        visits=names.visits,
        rejected=names.rejected,
        counts=names.counts,
    )

    def make_fold(partition: int, clock: StreamClock) -> SessionFold:
        fold = SessionFold(partition, topics, settings)
        fold.clock = clock
        return fold

    return Job(
        group=f"{names.prefix}sessions",
        agent="sessions",
        topic=names.events,
        changelog=names.changelog,
        outputs=(names.sessions, names.visits, names.rejected, names.counts),
        make_fold=make_fold,
        state_format=STATE_FORMAT,
        disorder_ms=disorder_ms,
    )
