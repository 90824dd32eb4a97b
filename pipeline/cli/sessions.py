"""`sessions`: the same session windows offline, without a broker."""

import click

from pipeline.cli.command import Command


@click.command(cls=Command)
def sessions() -> None:
    """Sessions."""
