"""Creating the topics that are missing, and finding out which are not as they have to be."""

from dataclasses import dataclass

from pipeline.cli.broker_topics import count_brokers, create_topics, differences, find_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.topic_plan import PARTITIONS, REPLICATION, TopicNames, TopicPlan, plan_topics
from pipeline.engine.kafka import KafkaSettings


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a topic was met."""

    plan: TopicPlan
    was_missing: bool
    wrong: list[str]
    """What is not as it has to be, each in a few words."""


async def prepare_topics(
    kafka: KafkaSettings,
    names: TopicNames,
    *,
    partitions: int | None = None,
    new_partitions: int = PARTITIONS,
    replication: int | None = None,
    dry_run: bool = False,
) -> list[Prepared]:
    """Create what is missing, unless it is a dry run; what exists is never changed.

    Args:
        kafka: where.
        names: of the topics.
        partitions: that there are to be; None: as many as the events topic has.
        new_partitions: so many where there is no events topic yet.
        replication: of new topics; None: three, or as many as there are brokers.
        dry_run: create nothing.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicsError: the broker refuses to create one.
    """
    async with admin_client(kafka) as client:
        found = await find_topics(client, names.all)
        if partitions is None:
            # Whatever the count of the events is, the changelog's must be the same.
            partitions = found[names.events].partitions if names.events in found else new_partitions
        if replication is None:
            replication = min(REPLICATION, await count_brokers(client))
        plans = plan_topics(names, partitions=partitions, replication=replication)
        missing = [plan for plan in plans if plan.name not in found]
        if not dry_run and missing:
            created = await create_topics(client, missing)
            # Somebody else may have created some of them at the same moment, and otherwise.
            found = await find_topics(client, set(names.all) - created)
    return [
        Prepared(plan, plan.name not in found, differences(plan, found[plan.name]) if plan.name in found else [])
        for plan in plans
    ]
