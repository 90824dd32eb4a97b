"""Options: each is also an environment variable, FLINKS_PIPELINE_ and its name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

ENVIRONMENT_PREFIX = "FLINKS_PIPELINE_"
DEFAULT_BROKER = "localhost:9092"
DEFAULT_PREFIX = "flinks."
DEFAULT_ADMIN_PORT = 9400


def option(name: str, *argument: str, **settings: Any) -> Callable[[F], F]:
    """Declare `--name`, which is FLINKS_PIPELINE_NAME too; what stands on the command line wins.

    An option that may be given several times takes them from its variable with spaces between. `argument` is the
    function's, where it is not called as the option is.
    """
    variable = ENVIRONMENT_PREFIX + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *argument, envvar=variable, **settings)


def broker_options(*, default: str | None = DEFAULT_BROKER, broker_help: str) -> Callable[[F], F]:
    """--broker, --kafka-config and --topic-prefix."""

    def declare(command: F) -> F:
        command = option(
            "--topic-prefix",
            default=DEFAULT_PREFIX,
            show_default=True,
            metavar="PREFIX",
            help="What the topics' names, the consumer group and the transactional ids begin with.",
        )(command)
        command = option(
            "--kafka-config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Client settings, key=value a line: security.protocol, sasl.* and ssl.*.",
        )(command)
        return option("--broker", default=default, show_default=True, metavar="HOST:PORT", help=broker_help)(command)

    return declare


def admin_options(*, default_host: str, default_port: int = DEFAULT_ADMIN_PORT) -> Callable[[F], F]:
    """--admin-host and --admin-port."""

    def declare(command: F) -> F:
        command = option(
            "--admin-host",
            default=default_host,
            show_default=True,
            metavar="ADDRESS",
            help="Where the admin port listens; 0.0.0.0 is every network, as a container needs it.",
        )(command)
        return option(
            "--admin-port",
            default=default_port,
            show_default=True,
            type=click.IntRange(0, 65535),
            metavar="PORT",
            help="Serves /metrics, /healthz and /readyz; 0 takes a free one.",
        )(command)

    return declare


def log_level_option(form: str = "") -> Callable[[F], F]:
    """--log-level; `form` is told of the lines."""
    return option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help=f"From which level on lines go to stderr{form}.",
    )
