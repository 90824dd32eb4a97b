"""What the agents are on the engine."""

from dataclasses import astuple

from pipeline.alerts.settings import AlertSettings
from pipeline.cli.alerts_job import alerts_job
from pipeline.cli.sessions_job import sessions_job
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import StreamClock
from pipeline.sessions import SessionFold, Settings

NAMES = TopicNames("made-up.")


class TestOutputs:
    """What a dead owner left undecided is ended on all of them, and nowhere else."""

    def test_of_the_sessions_agent(self) -> None:
        job = sessions_job(NAMES, Settings())
        fold = job.make_fold(0, StreamClock(disorder_ms=0))
        assert isinstance(fold, SessionFold)
        written = {*astuple(fold._outbox._topics), fold._counts_topic} - {NAMES.events}
        assert sorted(job.outputs) == sorted(written)

    def test_of_the_alerts_agent(self) -> None:
        assert alerts_job(NAMES, AlertSettings(), [], lambda _: None).outputs == (NAMES.alerts,)
