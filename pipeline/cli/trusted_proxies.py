"""--trusted-proxies: from whom it is believed what they say of others."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, TypeVar

import click

from pipeline.cli.failures import Failure
from pipeline.cli.options import option

F = TypeVar("F", bound=Callable[..., Any])
Networks = tuple[IPv4Network | IPv6Network, ...]


def trusted_proxies_option(whose: str) -> Callable[[F], F]:
    """Declare it; the command gets networks. `whose`: what is believed, for --help."""
    return option(
        "--trusted-proxies",
        default="",
        metavar="NETWORKS",
        callback=_networks,
        help=f"{whose} believed, with commas between, such as 10.0.0.0/8.",
    )


def _networks(_context: click.Context, _option: click.Parameter, text: str) -> Networks:
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise Failure(f"--trusted-proxies: {error}") from None
