"""Creating the topics that are missing, and telling of those that are not as they have to be."""

from collections.abc import Callable

from pipeline.cli.broker_topics import create_topics, differences, find_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.topic_plan import PARTITIONS, TopicNames, plan_topics
from pipeline.engine.kafka import KafkaSettings

Say = Callable[[str], None]


async def prepare_topics(
    kafka: KafkaSettings,
    names: TopicNames,
    *,
    partitions: int | None = None,
    replication: int | None = None,
    dry_run: bool = False,
    say: Say = lambda _: None,
) -> int:
    """Create what is missing; returns how many of the existing topics are not as they have to be.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicsError: the broker refuses to create one.
    """
    async with admin_client(kafka) as client:
        found = await find_topics(client, [plan.name for plan in plan_topics(names, partitions=1, replication=None)])
        if partitions is None:
            # Whatever the count of the events is, the changelog's must be the same.
            partitions = found[names.events].partitions if names.events in found else PARTITIONS
        plans = plan_topics(names, partitions=partitions, replication=replication)
        missing = [plan for plan in plans if plan.name not in found]
        if not dry_run:
            await create_topics(client, missing, replication)
    wrong = 0
    for plan in plans:
        if plan.name not in found:
            say(f"{plan.name}: {'would be created' if dry_run else 'created'} with {plan.partitions} partitions")
        elif told := differences(plan, found[plan.name]):
            wrong += 1
            say(f"{plan.name}: {'; '.join(told)}")
        else:
            say(f"{plan.name}: as it has to be, {plan.partitions} partitions")
    return wrong
