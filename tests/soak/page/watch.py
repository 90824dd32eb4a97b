"""What is measured while the page runs: delays, and memory on both sides."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import CDPSession, Page

NOTE_DELAYS = """() => {
  window.delays = [];
  new MutationObserver(() => {
    const told = document.querySelector(".story .summary")?.textContent.match(/^sent (\\d+)$/);
    if (told && window.last !== told[1]) {
      window.last = told[1];
      window.delays.push(Date.now() - Number(told[1]));
    }
  }).observe(document.getElementById("stories"), { subtree: true, childList: true, characterData: true });
}"""
MEGABYTE = 1 << 20


@dataclass
class Samples:
    """Of memory, in MB, and of elements."""

    server: list[float] = field(default_factory=list)
    heap: list[float] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)

    async def take(self, pid: int, cdp: CDPSession) -> None:
        """One more of each; what the browser no longer needs is collected first."""
        await cdp.send("HeapProfiler.collectGarbage")
        told = await cdp.send("Performance.getMetrics")
        metrics = {each["name"]: each["value"] for each in told["metrics"]}
        self.server.append(resident_mb(pid))
        self.heap.append(metrics["JSHeapUsedSize"] / MEGABYTE)
        self.nodes.append(int(metrics["Nodes"]))

    def report(self) -> str:
        return "\n".join(
            f"{name}: {_third(values, 0):,.1f} at first, {_third(values, 2):,.1f} at the end, most {max(values):,.1f}"
            for name, values in (
                ("server MB", self.server),
                ("browser heap MB", self.heap),
                ("browser nodes", self.nodes),
            )
        )

    def growth(self, values: list[float]) -> float:
        """The last third's median against the first third's."""
        return _third(values, 2) / _third(values, 0)


def _third(values: list[float] | list[int], which: int) -> float:
    size = max(1, len(values) // 3)
    return statistics.median(values[-size:] if which else values[:size])


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def waited_s(pid: int) -> tuple[float, float]:
    """How long a process has run, and how long it wanted to and others had the processor (Linux)."""
    ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text("ascii").split()
    return int(ran) / 1e9, int(waited) / 1e9


async def delays(page: Page) -> list[int]:
    """How long after it was sent each update was in the page, in ms."""
    found: list[int] = await page.evaluate("window.delays")
    return found
