"""What all commands have in common: --debug, examples, and errors that are one line."""

from typing import Any

import click

from pipeline.cli.failures import Failure, explain, is_broken_pipe
from pipeline.cli.options import ENVIRONMENT_PREFIX


class Command(click.Command):
    """A command whose errors are one line on stderr and status 1; with --debug the traceback."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                envvar=f"{ENVIRONMENT_PREFIX}DEBUG",
                help="Show the traceback of an error.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        debug = ctx.params.pop("debug")
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if debug or is_broken_pipe(error):
                raise
            raise Failure(explain(error)) from error


class Group(click.Group):
    """Lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self.commands)
