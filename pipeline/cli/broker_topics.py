"""The topics that a broker has, beside those that it has to have."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from pipeline.cli.failures import TopicsError
from pipeline.cli.topic_plan import TopicNames, TopicPlan

TOPIC_EXISTS = 36
VISIBLE_S = 10.0
LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it is."""

    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)


async def find_topics(client: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, FoundTopic]:
    """Those of the topics that exist."""
    # Only the existing ones are described: to ask for a missing topic may create it.
    existing = set(await client.list_topics()) & set(names)
    if not existing:
        return {}
    described = await client.describe_topics(sorted(existing))
    settings = await _settings(client, sorted(existing))
    return {
        topic["topic"]: FoundTopic(len(topic["partitions"]), settings.get(topic["topic"], {})) for topic in described
    }


async def _settings(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    answers = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for _, _, _, name, entries in answer.resources
    }


async def count_brokers(client: AIOKafkaAdminClient) -> int:
    """How many brokers the cluster has."""
    return len((await client.describe_cluster())["brokers"])


def differences(plan: TopicPlan, found: FoundTopic) -> list[str]:
    """What is not as it has to be, each in a few words."""
    told = []
    if found.partitions != plan.partitions:
        told.append(f"has {found.partitions} partitions and not {plan.partitions}")
    for name, value in plan.required.items():
        if found.settings.get(name) != value:
            told.append(f"{name} is {found.settings.get(name)} and not {value}")
    return told


async def create_topics(client: AIOKafkaAdminClient, plans: Sequence[TopicPlan]) -> set[str]:
    """Create topics; those that somebody else has created meanwhile are not in the answer.

    Returns once every one of them can be seen, and so be used.

    Raises:
        TopicsError: the broker refuses, with its reason.
        TimeoutError: it creates them, and then does not show them.
    """
    if not plans:
        return set()
    answer = await client.create_topics(
        [
            NewTopic(plan.name, plan.partitions, plan.replication, topic_configs={**plan.required, **plan.initial})
            for plan in plans
        ]
    )
    for name, code, *reason in answer.topic_errors:
        if code not in {0, TOPIC_EXISTS}:
            told = reason[0] if reason and reason[0] else for_code(code).__name__
            raise TopicsError(f"the broker does not create {name}: {told}")
    names = {plan.name for plan in plans}
    async with asyncio.timeout(VISIBLE_S):
        while not names <= set(await client.list_topics()):  # noqa: ASYNC110  # only asking tells
            await asyncio.sleep(LOOK_S)
    return {name for name, code, *_ in answer.topic_errors if code == 0}


async def require_topics(client: AIOKafkaAdminClient, names: TopicNames) -> None:
    """See to it that a worker can start.

    Raises:
        TopicsError: topics are missing, or the changelog does not fit the events.
    """
    found = await find_topics(client, names.all)
    if missing := [name for name in names.all if name not in found]:
        raise TopicsError(f"topics are missing: {', '.join(missing)}; create them with `flinks-pipeline topics`")
    events, changelog = found[names.events].partitions, found[names.changelog].partitions
    if events != changelog:
        raise TopicsError(
            f"{names.events} has {events} partitions and {names.changelog} {changelog}: they must be equal. "
            "Begin anew with another --topic-prefix, and do not change partition counts"
        )
