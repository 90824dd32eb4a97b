"""`up`: everything at once."""

from pathlib import Path

import click
from click.core import ParameterSource

from pipeline.cli.command import Command
from pipeline.cli.incident_option import incident_option
from pipeline.cli.options import DEFAULT_PREFIX, admin_options, broker_options, option


@click.command(
    cls=Command,
    short_help="Run everything at once, made-up users if asked.",
    epilog="""\b
Examples:
  flinks-pipeline up --simulate 600
  flinks-pipeline up --simulate 600 --incident 'RBC:RETRY_LATER:0.8@30s+2m'
  flinks-pipeline up --simulate 600 --for 60 --json
  flinks-pipeline up --data data
  flinks-pipeline up --broker kafka:9092 --topic-prefix try. --simulate 60""",
)
@broker_options(default=None, broker_help="A Kafka of your own. Without it one is started here, and goes at the end.")
@admin_options(default_host="127.0.0.1")
@option(
    "--collector-port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Where pages on this machine may send events; 0 takes a free one.",
)
@option(
    "--dashboard-port",
    default=9480,
    show_default=True,
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serves the live page, to this machine alone; 0 takes a free one.",
)
@option(
    "--simulate",
    type=click.FloatRange(0, min_open=True),
    metavar="USERS_PER_MINUTE",
    help="So many made-up users come each minute, after 20 minutes of history in a moment.",
)
@option("--seed", type=int, metavar="N", help="Of the made-up users; without it another each time.")
@incident_option
@option(
    "--for",
    "seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop so long after everything is ready. Without it Ctrl-C stops.",
)
@option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the started Kafka keeps its records, so that everything is there at the next `up`.",
)
@option("--json", "as_json", is_flag=True, help="At the end one JSON line with what was counted; all else on stderr.")
def up(
    broker: str | None,
    kafka_config: Path | None,
    topic_prefix: str,
    admin_host: str,
    admin_port: int,
    collector_port: int,
    dashboard_port: int,
    simulate: float | None,
    seed: int | None,
    incidents: tuple[str, ...],
    seconds: float | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Run everything at once: Kafka, topics, all roles with the live page, and made-up users if asked.

    Needs neither Kafka nor Java: the first start on a machine downloads both. If a port is taken and none was asked
    for, the next free one is. Without made-up users it says how to send events from a page of your own.
    """
    if broker is not None and data is not None:
        raise click.UsageError("--data is for the Kafka that is started here, and --broker names another")
    if broker is None and kafka_config is not None:
        raise click.UsageError("--kafka-config goes with --broker")
    if simulate is None and (incidents or seed is not None):
        raise click.UsageError("--incident and --seed go with --simulate")
    if broker is not None and simulate is not None and topic_prefix == DEFAULT_PREFIX:
        raise click.UsageError(
            f"made-up users do not go onto the {DEFAULT_PREFIX} topics of a broker that is not started here: "
            "name a --topic-prefix of their own, such as try."
        )
    import asyncio

    from pipeline.cli.up.embedded import start_kafka
    from pipeline.cli.up.parts import Parts
    from pipeline.cli.up.plan import Plan, read_incidents

    plan = Plan(
        broker=broker,
        kafka_config=kafka_config,
        topic_prefix=topic_prefix,
        admin_host=admin_host,
        admin_port=admin_port,
        any_admin_port=_by_default("admin_port"),
        collector_port=collector_port,
        any_collector_port=_by_default("collector_port"),
        dashboard_port=dashboard_port,
        any_dashboard_port=_by_default("dashboard_port"),
        users_per_minute=simulate,
        seed=seed,
        incidents=read_incidents(incidents),
        seconds=seconds,
        as_json=as_json,
    )
    parts = Parts(on_stderr=as_json)
    # Java starts while Python still imports.
    kafka = start_kafka(data, parts) if broker is None else None
    from pipeline.cli.up.run import run

    asyncio.run(run(plan, kafka, parts))


def _by_default(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.DEFAULT
