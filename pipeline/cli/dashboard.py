"""`dashboard`: the live page, for production."""

from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.options import admin_options, broker_options, log_level_option, option
from pipeline.cli.trusted_proxies import Networks, trusted_proxies_option


@click.command(
    cls=Command,
    short_help="Run the live page: what is happening now.",
    epilog="""\b
Examples:
  flinks-pipeline dashboard --broker kafka:9092
  flinks-pipeline dashboard --broker kafka:9092 --host 0.0.0.0 --token-file /run/secrets/page
  flinks-pipeline dashboard --broker kafka:9092 --host 0.0.0.0 --proxy-header X-Forwarded-User \\
      --trusted-proxies 10.0.0.0/8

FLINKS_PIPELINE_TOKEN may hold the token itself, instead of --token-file.""",
)
@broker_options(broker_help="Where Kafka is; several with commas between.")
@admin_options(default_host="127.0.0.1")
@option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where the page listens; any other than this machine's own needs a token or a trusted proxy.",
)
@option("--port", default=9480, show_default=True, type=click.IntRange(0, 65535), metavar="PORT", help="0: a free one.")
@option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Whoever knows what stands in it may see the page.",
)
@option(
    "--proxy-header",
    metavar="NAME",
    help="In which a proxy that asked users who they are says so, such as X-Forwarded-User.",
)
@trusted_proxies_option("Whose header is")
@option("--include-sandbox", is_flag=True, help="Show sessions with FlinksCapital, Flinks' make-believe bank.")
@log_level_option()
def dashboard(
    broker: str,
    kafka_config: Path | None,
    topic_prefix: str,
    admin_host: str,
    admin_port: int,
    host: str,
    port: int,
    token_file: Path | None,
    proxy_header: str | None,
    trusted_proxies: Networks,
    include_sandbox: bool,
    log_level: str,
) -> None:
    """Run the live page: incidents, conversion against usual, banks by trouble, sessions, and the pipeline's health.

    It only reads, as many may run as you like, and a restart shows the same: the last hours are read back from the
    topics.
    """
    import asyncio

    from pipeline.cli.connection import kafka_settings
    from pipeline.cli.dashboard_run import explain_options, read_access, run_dashboard
    from pipeline.cli.logs import log_to_stderr
    from pipeline.cli.topic_plan import TopicNames
    from pipeline.dashboard import Settings

    log_to_stderr(log_level)
    settings = Settings(
        host=host,
        port=port,
        access=read_access(token_file, proxy_header, trusted_proxies),
        include_sandbox=include_sandbox,
        explain_options=explain_options(broker, topic_prefix, kafka_config),
    )
    kafka = kafka_settings(broker, kafka_config)
    asyncio.run(run_dashboard(kafka, TopicNames(topic_prefix), settings, host=admin_host, port=admin_port))
