"""What all commands have in common: --debug, examples, and errors that are one line."""

from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from pipeline.cli.failures import Failure, explain, is_broken_pipe
from pipeline.cli.options import ENVIRONMENT_PREFIX

INTERRUPTED = 130
"""The status after Ctrl-C, as shells have it; what a command does about it by itself comes before."""


class OneLine(click.Command):
    """Tells in one line what is wrong with the command line, too, and nothing at all after Ctrl-C."""

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        try:
            return super().make_context(*args, **settings)
        except click.UsageError as error:
            raise _shortened(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _shortened(error) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def _shortened(error: click.UsageError) -> click.ClickException:
    if isinstance(error, NoArgsIsHelpError):
        return error
    path = error.ctx.command_path if error.ctx else "flinks-pipeline"
    failure = Failure(f"{error.format_message()} (see {path} --help)")
    failure.exit_code = error.exit_code
    return failure


class Command(OneLine):
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


class Group(OneLine, click.Group):
    """Lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self.commands)
