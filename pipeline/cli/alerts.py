"""`alerts`: the alerts agent, for production."""

from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.options import admin_options, broker_options, log_level_option, option


@click.command(
    cls=Command,
    short_help="Run the alerts agent, for production.",
    epilog="""\b
Examples:
  flinks-pipeline alerts --broker kafka:9092 --alertmanager http://alertmanager:9093
  FLINKS_PIPELINE_SLACK_URL_FILE=/run/secrets/slack flinks-pipeline alerts --broker kafka:9092
  flinks-pipeline alerts --webhook https://example.com/incidents \\
      --maintenance RBC@2026-11-24T02:00Z/2026-11-24T04:00Z""",
)
@broker_options(broker_help="Where Kafka is; several with commas between.")
@admin_options(default_host="0.0.0.0")  # noqa: S104  # a container's probes come from outside
@option("--alertmanager", multiple=True, metavar="URL", help="Of Prometheus' Alertmanager; of a cluster each one.")
@option(
    "--webhook",
    metavar="URL",
    help="Gets each revision of an incident, signed if FLINKS_PIPELINE_WEBHOOK_SECRET or ..._SECRET_FILE is set.",
)
@option(
    "--maintenance",
    multiple=True,
    metavar="SPEC",
    help="Nothing is told of a bank in this time: BANK@START/END, RFC 3339, * for all banks. What is open then is "
    "resolved, and what is still wrong afterwards is told anew.",
)
@option(
    "--institutions",
    metavar="NAMES",
    help="As `worker` has it: the names that --maintenance knows, with commas between.",
)
@option(
    "--runbook-url",
    metavar="URL",
    help="Where your runbooks are; the kind of incident is added, after a / unless it ends in / or #.",
)
@log_level_option()
def alerts(
    broker: str,
    kafka_config: Path | None,
    topic_prefix: str,
    admin_host: str,
    admin_port: int,
    alertmanager: tuple[str, ...],
    webhook: str | None,
    maintenance: tuple[str, ...],
    institutions: str | None,
    runbook_url: str | None,
    log_level: str,
) -> None:
    """Run the alerts agent: counts become incidents, and those who are on call are told.

    Incidents go to flinks.alerts, to the webhook, to Slack or what is compatible with it (its URL is a secret:
    FLINKS_PIPELINE_SLACK_URL or ..._SLACK_URL_FILE) and to Alertmanager. One process works; a second one takes over
    when it dies. Stops cleanly on SIGTERM or Ctrl-C.
    """
    import asyncio

    from pipeline.alerts.settings import AlertSettings
    from pipeline.cli.alerts_run import run_alerts
    from pipeline.cli.alerts_worker import Alerting
    from pipeline.cli.connection import kafka_settings
    from pipeline.cli.institutions import listed
    from pipeline.cli.logs import log_to_stderr
    from pipeline.cli.maintenance import read_maintenance
    from pipeline.cli.receivers import check_url, read_receivers
    from pipeline.cli.topic_plan import TopicNames

    log_to_stderr(log_level)
    settings = AlertSettings(
        maintenance=tuple(read_maintenance(spec, listed(institutions)) for spec in maintenance),
        watch_silence=True,
        runbook_url=runbook_url,
    )
    for url in alertmanager:
        check_url(url, "--alertmanager")
    alerting = Alerting(settings, read_receivers(webhook), alertmanager)
    kafka = kafka_settings(broker, kafka_config)
    asyncio.run(run_alerts(kafka, TopicNames(topic_prefix), alerting, host=admin_host, port=admin_port))
