"""A port for whoever did not ask for one."""

import socket

TRIES = 50


def free_port(host: str, first: int) -> int:
    """The first port from `first` on where nobody listens; `first` itself if there is none near it."""
    for port in range(first, min(first + TRIES, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
    return first
