"""The live page of `up`, for this machine alone."""

from pipeline.cli.dashboard_run import explain_options, page_names
from pipeline.cli.topic_plan import TopicNames
from pipeline.cli.up.free_port import free_port
from pipeline.cli.up.plan import Plan
from pipeline.dashboard import Dashboard, Settings
from pipeline.engine import KafkaSettings

HOST = "127.0.0.1"


def live_page(plan: Plan, kafka: KafkaSettings, names: TopicNames) -> Dashboard:
    """The page, to be entered as a context; raises OSError there if the port is taken."""
    port = free_port(HOST, plan.dashboard_port) if plan.any_dashboard_port else plan.dashboard_port
    # Who tries things out may well do so with Flinks' make-believe bank.
    options = explain_options(kafka.bootstrap, names.prefix, plan.kafka_config)
    settings = Settings(host=HOST, port=port, include_sandbox=True, explain_options=options)
    return Dashboard(kafka, page_names(names), settings)
