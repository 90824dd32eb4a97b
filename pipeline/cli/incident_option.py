"""--incident: made-up outages."""

from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.cli.options import option

F = TypeVar("F", bound=Callable[..., Any])


def incident_option(command: F) -> F:
    """--incident, as often as wanted; read it with `pipeline.simulator.parse_incident`."""
    return option(
        "--incident",
        "incidents",
        multiple=True,
        metavar="SPEC",
        help="A made-up outage, INSTITUTION:CODE:SHARE@START+LENGTH, as often as wanted: with "
        "RBC:RETRY_LATER:0.8@10m+15m 80 % of the attempts at RBC (* is every institution) fail so, 10 minutes from "
        "the start and for 15 minutes.",
    )(command)
