"""`collector`: the HTTP door, for production."""

from pathlib import Path

import click

from pipeline.cli.command import Command
from pipeline.cli.options import admin_options, broker_options, log_level_option, option
from pipeline.cli.trusted_proxies import Networks, trusted_proxies_option


@click.command(
    cls=Command,
    short_help="Run the HTTP door for browsers, backends and webhooks, for production.",
    epilog="""\b
Examples:
  flinks-pipeline collector --broker kafka:9092 --keys keys.toml
  flinks-pipeline collector --broker kafka:9092 --keys keys.toml --base-path /flinks --trusted-proxies 10.0.0.0/8

\b
keys.toml:
  [lending]                                        # the app
  write_keys      = ["wk_3f0c9d…"]                 # in the page, public; two while one is being changed
  origins         = ["https://apply.example.com"]  # pages that may send; those of this very host always may
  bearer_hashes   = ["9f86d08…"]                   # printf %s KEY | sha256sum
  webhook_secrets = ["…"]                          # as agreed with Flinks

FLINKS_PIPELINE_KEYS_TOML may hold that text itself, instead of --keys.""",
)
@broker_options(broker_help="Where Kafka is; several with commas between.")
@admin_options(default_host="0.0.0.0")  # noqa: S104  # a container's probes come from outside
@option("--host", default="0.0.0.0", show_default=True, metavar="ADDRESS", help="Where the door is.")  # noqa: S104
@option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), metavar="PORT", help="0: a free one.")
@option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Who may come in, as below.",
)
@option("--base-path", default="", metavar="PATH", help="Before every path, such as /flinks.")
@trusted_proxies_option("Whose X-Forwarded-For, -Proto and -Host are")
@option(
    "--app-events-per-second",
    default=5000.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="N",
    help="From the browsers of one app; 0 is no limit.",
)
@option(
    "--address-requests-per-second",
    default=50.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="N",
    help="Of browsers at one address; 0 is no limit.",
)
@log_level_option(", as JSON")
def collector(
    broker: str,
    kafka_config: Path | None,
    topic_prefix: str,
    admin_host: str,
    admin_port: int,
    host: str,
    port: int,
    keys: Path | None,
    base_path: str,
    trusted_proxies: Networks,
    app_events_per_second: float,
    address_requests_per_second: float,
    log_level: str,
) -> None:
    """Run the HTTP door: events of browsers, API answers of a backend and Flinks' webhooks onto the events topic.

    Answers 200 once Kafka has acknowledged. Stops on SIGTERM or Ctrl-C after finishing what it accepted; start as
    many as the load needs, behind a load balancer that ends TLS.
    """
    import uvloop

    from pipeline.cli.collector_run import run_collector
    from pipeline.cli.collector_settings import base_path_of, read_keys_from
    from pipeline.cli.connection import kafka_settings
    from pipeline.cli.login_key import read_login_keys
    from pipeline.cli.logs import log_json_to_stderr
    from pipeline.cli.topic_plan import TopicNames
    from pipeline.collector.settings import Limits, Settings

    log_json_to_stderr(log_level)
    names, known = TopicNames(topic_prefix), read_keys_from(keys)
    settings = Settings(
        keys=known,
        topic=names.events,
        rejected_topic=names.rejected,
        webhooks_topic=names.webhooks if known.webhook_secrets else None,
        host=host,
        port=port,
        base_path=base_path_of(base_path),
        trusted_proxies=trusted_proxies,
        login_keys=read_login_keys(),
        limits=Limits(
            app_events_per_s=app_events_per_second,
            address_requests_per_s=address_requests_per_second,
        ),
    )
    uvloop.run(run_collector(kafka_settings(broker, kafka_config), settings, host=admin_host, port=admin_port))
