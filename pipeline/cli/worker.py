"""`worker`: the sessions agent, for production."""

from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.options import admin_options, broker_options, log_level_option, option


@click.command(
    cls=Command,
    short_help="Run the sessions agent, for production.",
    epilog="""\b
Examples:
  flinks-pipeline worker --broker kafka:9092
  flinks-pipeline worker --broker kafka-1:9093,kafka-2:9093 --kafka-config client.properties
  FLINKS_PIPELINE_BROKER=kafka:9092 flinks-pipeline worker --log-level warning""",
)
@broker_options(broker_help="Where Kafka is; several with commas between.")
@admin_options(default_host="0.0.0.0")  # noqa: S104  # a container's probes come from outside
@option(
    "--institutions",
    metavar="NAMES",
    help="Those that get a metric label of their own, with commas between; the rest is `other`. "
    "Without it, those known from Flinks' public pages.",
)
@option("--include-sandbox", is_flag=True, help="Count FlinksCapital, Flinks' make-believe bank, in the metrics.")
@log_level_option()
def worker(
    broker: str,
    kafka_config: Path | None,
    topic_prefix: str,
    admin_host: str,
    admin_port: int,
    institutions: str | None,
    include_sandbox: bool,
    log_level: str,
) -> None:
    """Run the sessions agent: events become sessions and visits, exactly once.

    Start as many as there are partitions at most; they share the partitions among them, and take over from one that
    dies. Stops cleanly on SIGTERM or Ctrl-C; with status 1 if it can not go on, so let something start it again.
    """
    import uvloop

    from pipeline.cli.connection import kafka_settings
    from pipeline.cli.institutions import listed
    from pipeline.cli.logs import log_to_stderr
    from pipeline.cli.run_worker import run_worker
    from pipeline.cli.topic_plan import TopicNames
    from pipeline.sessions import Settings

    log_to_stderr(log_level)
    uvloop.run(
        run_worker(
            kafka_settings(broker, kafka_config),
            TopicNames(topic_prefix),
            settings=Settings(listed(institutions), include_sandbox=include_sandbox),
            host=admin_host,
            port=admin_port,
        )
    )
