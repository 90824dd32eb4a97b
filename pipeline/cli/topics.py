"""`topics`: creates the topics, or checks those that exist."""

from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.failures import Failure
from pipeline.cli.options import broker_options, option


@click.command(
    cls=Command,
    short_help="Create the topics, or check those that exist.",
    epilog="""\b
Examples:
  flinks-pipeline topics --broker kafka:9092 --dry-run
  flinks-pipeline topics --broker kafka:9092 --partitions 12 --replication 3
  flinks-pipeline topics --broker kafka:9093 --kafka-config client.properties""",
)
@broker_options(broker_help="Where Kafka is; several with commas between.")
@option("--dry-run", is_flag=True, help="Only say what would be done.")
@option(
    "--partitions",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Of new topics. As many as the events topic has, and 12 where there is none.",
)
@option(
    "--replication",
    type=click.IntRange(1, 9),
    metavar="N",
    help="Copies of each partition of new topics; without it 3, or as many as there are brokers.",
)
def topics(
    broker: str,
    kafka_config: Path | None,
    topic_prefix: str,
    dry_run: bool,
    partitions: int | None,
    replication: int | None,
) -> None:
    """Create the topics, or check those that exist.

    What exists is never changed. If it is not as it has to be, that is told and the status is 1: partition counts
    cannot be changed (keys would land elsewhere), other settings can, with Kafka's own tools.
    """
    import asyncio

    from pipeline.cli.connection import kafka_settings
    from pipeline.cli.prepare_topics import prepare_topics
    from pipeline.cli.topic_plan import TopicNames

    kafka = kafka_settings(broker, kafka_config)
    names = TopicNames(topic_prefix)
    prepared = asyncio.run(
        prepare_topics(kafka, names, partitions=partitions, replication=replication, dry_run=dry_run)
    )
    for topic in prepared:
        if topic.was_missing:
            said = f"{'would be created' if dry_run else 'created'}, {topic.plan.partitions} partitions"
        else:
            said = "; ".join(topic.wrong) or f"as it has to be, {topic.plan.partitions} partitions"
        click.echo(f"{topic.plan.name}: {said}")
    if wrong := [topic.plan.name for topic in prepared if topic.wrong]:
        raise Failure(f"not as it has to be: {', '.join(wrong)}")
