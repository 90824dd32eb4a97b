"""Pages in a real Chromium: the customer's page with the listener, and the iframe in it that plays Flinks Connect.

Both are served over TLS by one server under the names that they would have; Chromium is told where to find those.
"""

import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright

from tests.collector.doors import WRITE_KEY, Door

PAGE = "https://apply.example.com"
FLINKS = "https://demo-iframe.private.fin.ag"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
COUNTS_MESSAGES = """
    window.heard = 0;
    window.addEventListener("message", (event) => { if (event.source !== window) window.heard += 1; });
"""


def chromium() -> str | None:
    """Where it is installed."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


class _Pages(BaseHTTPRequestHandler):
    collector = ""

    def do_GET(self) -> None:  # the base class' name
        """The page, by what its address asks for; any other name is an iframe."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        script = f'src="{self.collector}/listener.js" data-key="{WRITE_KEY}" data-release="7.1" {asked.get("tag", "")}'
        kind, body = "text/html", "<!doctype html><title>Flinks</title>"
        if self.headers["Host"].startswith("apply.") and self.path.startswith("/module.js"):
            kind = "text/javascript"
            body = f"import {{ start }} from '{self.collector}/listener.mjs'; start({{ key: '{WRITE_KEY}' }});"
        elif self.headers["Host"].startswith("apply."):
            module = '<script type="module" src="/module.js"></script>'
            tags = module if "module" in asked else f"<script {script}></script>" * int(asked.get("tags", 1))
            iframes = "".join(f'<iframe src="{src}"></iframe>' for src in asked.get("frames", FLINKS).split())
            body = f"<!doctype html><title>Apply</title>{tags}{iframes}"
        content = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.headers["Host"].startswith("apply."):
            # As strict as a bank would have it.
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; script-src 'self' {self.collector}; connect-src {self.collector}; "
                "frame-src https:; require-trusted-types-for 'script'",
            )
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class' name
        """Quiet."""


@contextmanager
def served(door: Door, folder: Path) -> Iterator[int]:
    """The port on which all names are served."""
    certificate = folder / "certificate.pem"
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl is missing (Debian: apt install openssl)"
    asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    subprocess.run(
        [openssl, *asked.split(), "-keyout", str(folder / "key.pem"), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "key.pem")
    pages = type("Pages", (_Pages,), {"collector": f"http://127.0.0.1:{door.port}"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), pages)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def launched(playwright: Playwright, executable: str, port: int) -> Browser:
    """A browser to which every name in the world is at this port."""
    return playwright.chromium.launch(
        executable_path=executable,
        args=[
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--ignore-certificate-errors",
            f"--host-resolver-rules=MAP *:443 127.0.0.1:{port}",
        ],
    )


@dataclass
class Visit:
    """A user's tab on the page."""

    page: Page
    errors: list[str]

    @property
    def flinks(self) -> Frame:
        frame = self.page.frame(url=re.compile("^" + re.escape(FLINKS)))
        assert frame is not None
        return frame

    def post(self, *messages: Any, frame: Frame | None = None) -> None:
        """Flinks Connect posts to the page, which has heard it all afterwards: a frame is a process of its own."""
        due = self.page.evaluate("() => window.heard") + len(messages)
        (frame or self.flinks).evaluate("(all) => all.forEach((one) => parent.postMessage(one, '*'))", list(messages))
        self.page.wait_for_function("(due) => window.heard >= due", arg=due)

    @property
    def id(self) -> str:
        found = self.page.evaluate("() => window[Symbol.for('flinks-pipeline.listener')].connectSessionId")
        return str(uuid.UUID(found))

    def records(self, door: Door, count: int, visit_id: str | None = None) -> list[dict[str, Any]]:
        """The records of the visit, once there are so many; Playwright's own work goes on meanwhile."""
        return door.eventually(count, visit_id or self.id, lambda: self.page.wait_for_timeout(50))

    def stored(self) -> str:
        """All that is kept in the browser."""
        return str(self.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])"))


def kill_renderers(browser: Browser) -> None:
    """As the system does when memory is short: no page learns of it."""
    session = browser.new_browser_cdp_session()
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        if process["type"] == "renderer":
            os.kill(process["id"], signal.SIGKILL)
    session.detach()


def visit(context: BrowserContext, **asked: Any) -> Visit:
    """Open the page in a new tab; errors and violations of its policy are collected."""
    page, errors = context.new_page(), list[str]()
    page.add_init_script(COUNTS_MESSAGES)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    page.goto(f"{PAGE}/?{query}", wait_until="load")
    return Visit(page, errors)
