"""Whoever is told of alerts."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Told:
    """What receivers were told of."""

    url: str = ""
    alerts: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Receiver, labels, and firing or resolved."""


@contextmanager
def listening(take: Callable[[str, bytes], None]) -> Iterator[str]:
    """A server that hands on path and body of what is posted to it; gives its URL."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            take(self.path.strip("/"), self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def receiving() -> Iterator[Told]:
    """A server that keeps what Alertmanager posts to it."""
    told = Told()

    def take(receiver: str, body: bytes) -> None:
        told.alerts += [(receiver, alert["labels"], alert["status"]) for alert in json.loads(body)["alerts"]]

    with listening(take) as told.url:
        yield told
