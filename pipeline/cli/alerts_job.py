"""What the alerts agent is on the engine: its topics, its consumer group, its fold."""

from collections.abc import Callable, Sequence

from pipeline.alerts.fold import STATE_FORMAT, AlertsFold
from pipeline.alerts.settings import AlertSettings
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Job, StreamClock


def alerts_job(
    names: TopicNames, settings: AlertSettings, receivers: Sequence[str], made: Callable[[AlertsFold], None]
) -> Job:
    """The job under one topic prefix; `made` hears of each new memory of the partition."""

    def make_fold(_: int, clock: StreamClock) -> AlertsFold:
        fold = AlertsFold(names.alerts, settings, receivers)
        fold.clock = clock
        made(fold)
        return fold

    return Job(
        group=f"{names.prefix}alerts",
        agent="alerts",
        topic=names.counts,
        changelog=names.alerts_changelog,
        outputs=(names.alerts,),
        make_fold=make_fold,
        state_format=STATE_FORMAT,
        disorder_ms=0,
    )
