"""Whoever is told of alerts."""

import json
import threading
from collections.abc import Iterator
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
def receiving() -> Iterator[Told]:
    """A server that keeps what Alertmanager posts to it."""
    told = Told()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver = self.path.strip("/")
            told.alerts += [(receiver, alert["labels"], alert["status"]) for alert in body["alerts"]]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield told
        finally:
            server.shutdown()
