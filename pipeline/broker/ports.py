"""TCP ports on this machine."""

import socket
from contextlib import ExitStack

from pipeline.broker.errors import PortTakenError
from pipeline.broker.server import ADDRESS


def free_ports(count: int) -> list[int]:
    """As many different ports on which nobody listens now. Another program may take one before it is used."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((ADDRESS, 0))
        return [each.getsockname()[1] for each in sockets]


def check_free(port: int) -> None:
    """Raise PortTakenError if a program listens on the port, or it may not be used."""
    with socket.socket() as trial:
        # A port that a broker left a moment ago is free, although its connections are still dying.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((ADDRESS, port))
            trial.listen()
        except OSError as error:
            raise PortTakenError(
                f"port {port} cannot be used for the embedded Kafka ({error.strerror}): "
                f"end the program that uses it, or choose another port"
            ) from error
