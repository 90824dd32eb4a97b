"""The command line, `flinks-pipeline`: one module a command.

These modules import nothing heavy; what a command needs beyond its options it imports when it runs.
"""

import click

from pipeline import __version__
from pipeline.cli.alerts import alerts
from pipeline.cli.backtest import backtest
from pipeline.cli.collector import collector
from pipeline.cli.command import Group
from pipeline.cli.dashboard import dashboard
from pipeline.cli.explain import explain
from pipeline.cli.sessions import sessions
from pipeline.cli.simulate import simulate
from pipeline.cli.topics import topics
from pipeline.cli.up import up
from pipeline.cli.worker import worker


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  flinks-pipeline up --simulate 600
  flinks-pipeline COMMAND --help

Every option is also an environment variable: FLINKS_PIPELINE_ and its name, so --topic-prefix is
FLINKS_PIPELINE_TOPIC_PREFIX. What stands on the command line wins.""",
)
@click.version_option(__version__, prog_name="flinks-pipeline")
def main() -> None:
    """Session windows, visits and outcomes from Flinks Connect events, exactly once, on Kafka."""


for command in (up, collector, worker, alerts, dashboard, topics, simulate, sessions, explain, backtest):
    main.add_command(command)

__all__ = ["main"]
