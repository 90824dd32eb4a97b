"""`topics`, against a real broker."""

import asyncio
import time

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.cli.broker_topics import FoundTopic, find_topics
from pipeline.cli.connection import admin_client
from pipeline.cli.topic_plan import TopicNames, plan_topics
from pipeline.engine import KafkaSettings
from tests.busy import alone
from tests.cli.records import new_prefix, topics_of


def run(kafka: str, prefix: str, *arguments: str, **environment: str) -> Result:
    given = ["topics", "--broker", kafka, "--topic-prefix", prefix, *arguments]
    return CliRunner(env=environment).invoke(main, given)


def found(kafka: str, prefix: str) -> dict[str, FoundTopic]:
    async def find() -> dict[str, FoundTopic]:
        async with admin_client(KafkaSettings(kafka)) as client:
            return await find_topics(client, TopicNames(prefix).all)

    return asyncio.run(find())


def create(kafka: str, topic: NewTopic) -> None:
    async def make() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await client.start()
        try:
            await client.create_topics([topic])
            while topic.name not in await client.list_topics():  # noqa: ASYNC110  # there is nothing to wait for
                await asyncio.sleep(0.02)
        finally:
            await client.close()

    asyncio.run(make())


class TestTopics:
    def test_dry_run_creates_nothing(self, kafka: str) -> None:
        """It only says what would be done."""
        prefix = new_prefix()
        result = run(kafka, prefix, "--dry-run")
        assert result.exit_code == 0
        assert f"{prefix}events: would be created, 12 partitions" in result.output
        assert topics_of(kafka, prefix) == []

    def test_creates_all_with_their_settings(self, kafka: str) -> None:
        """And finds them as they have to be when it is run again."""
        prefix = new_prefix()
        result = run(kafka, prefix, "--partitions", "3")
        assert result.exit_code == 0, result.output
        topics = found(kafka, prefix)
        single = {f"{prefix}{name}" for name in ("counts", "alerts", "alerts-changelog", "webhooks")}
        assert {name for name, topic in topics.items() if topic.partitions == 1} == single
        assert {topic.partitions for topic in topics.values()} == {1, 3}
        assert {topic.settings["message.timestamp.type"] for topic in topics.values()} == {"LogAppendTime"}
        assert topics[f"{prefix}events"].settings["retention.ms"] == str(7 * 24 * 3600 * 1000)
        changelog = topics[f"{prefix}sessions-changelog"].settings
        assert changelog["cleanup.policy"] == "compact"
        assert changelog["max.compaction.lag.ms"] == "120000"
        again = run(kafka, prefix)
        assert again.exit_code == 0
        assert again.output.count("as it has to be, 3 partitions") == 5

    def test_prefix_from_the_environment(self, kafka: str) -> None:
        """FLINKS_PIPELINE_TOPIC_PREFIX, as containers set it."""
        prefix = new_prefix()
        environment = {"FLINKS_PIPELINE_BROKER": kafka, "FLINKS_PIPELINE_TOPIC_PREFIX": prefix}
        result = CliRunner(env=environment).invoke(main, ["topics", "--dry-run"])
        assert f"{prefix}events: would be created" in result.output

    def test_new_topics_follow_the_events(self, kafka: str) -> None:
        """Their changelog must have as many partitions as there are already of events."""
        prefix = new_prefix()
        create(kafka, NewTopic(f"{prefix}events", 5, 1, topic_configs={"message.timestamp.type": "LogAppendTime"}))
        assert run(kafka, prefix).exit_code == 0
        assert found(kafka, prefix)[f"{prefix}sessions-changelog"].partitions == 5

    def test_tells_what_differs_and_changes_nothing(self, kafka: str) -> None:
        """With status 1: a topic with times of its producers, and another count than asked for."""
        prefix = new_prefix()
        create(kafka, NewTopic(f"{prefix}events", 5, 1))
        result = run(kafka, prefix, "--partitions", "2")
        assert result.exit_code == 1
        assert "events: has 5 partitions and not 2" in result.stdout
        assert "message.timestamp.type is CreateTime and not LogAppendTime" in result.stdout
        assert result.stderr == f"Error: not as it has to be: {prefix}events\n"
        assert found(kafka, prefix)[f"{prefix}events"].partitions == 5

    def test_broker_out_of_reach(self) -> None:
        """One line, at once."""
        began = time.monotonic()
        result = run("localhost:1", "x.")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: no Kafka broker answers at localhost:1 (")
        assert result.stderr.endswith("see --broker and --kafka-config\n")
        assert len(result.stderr.splitlines()) == 1
        assert time.monotonic() - began < alone(5)


class TestPlanTopics:
    @pytest.mark.parametrize(("replication", "least"), [(1, "1"), (2, "1"), (3, "2")])
    def test_one_replica_may_be_away(self, replication: int, least: str) -> None:
        """Writes go on, and what was acknowledged is on all others."""
        plans = plan_topics(TopicNames("x."), partitions=1, replication=replication)
        assert {plan.initial["min.insync.replicas"] for plan in plans} == {least}
