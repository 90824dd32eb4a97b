"""python -m tests.dashboard.pictures: makes the pictures that the README shows, in deploy/pictures.

`up` with made-up users and an outage at RBC; the live page is photographed when the incident has been found.
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.cli.running import eventually, started
from tests.collector.pages import chromium

FOLDER = Path(__file__).parents[2] / "deploy" / "pictures"
FOUND_S = 240.0
UNFOLD_S = 90.0
"""After that the last five minutes show it too."""
PICTURES = {"outage": (1100, 1500, "light"), "outage-phone": (390, 844, "dark")}
"""Name to width, height and colours."""


def main() -> int:
    executable = chromium()
    if executable is None:
        sys.stderr.write("There is no Chromium (Debian: apt install chromium).\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        arguments = ["--simulate", "600", "--seed", "5", "--incident", "RBC:RETRY_LATER:0.8@30s+5m"]
        ports = ["--admin-port", "0", "--collector-port", "0", "--dashboard-port", "0"]
        with started(log, "up", *arguments, *ports):
            url = eventually(lambda: _after(log, "live page "), "an address")
            eventually(lambda: "FOUND" in log.read_text(), "an incident", within_s=FOUND_S)
            time.sleep(UNFOLD_S)
            _photograph(executable, url)
    return 0


def _after(log: Path, label: str) -> str:
    return next((line.partition(label)[2].strip() for line in log.read_text().splitlines() if label in line), "")


def _photograph(executable: str, url: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name, (width, height, colours) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme="dark" if colours == "dark" else "light"
            )
            page.goto(url)
            page.get_by_text("RETRY_LATER").first.wait_for()
            page.wait_for_timeout(3_000)  # the figures below come with the next seconds' snapshots
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
