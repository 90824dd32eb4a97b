"""One run over a stream: a worker, or the stock agent, from its first event to its last."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cache import ROOT
from tests.bench.cluster import fill, new_prefix, wait_consumed
from tests.bench.process import Process
from tests.bench.stream import PARTITIONS, Stream
from tests.bench.worker import Worker, create_topics, group_of

TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Run:
    """What a run took. Every event was read and committed, or there is none."""

    prefix: str
    events: int
    start_cpu_s: float
    """Before the first event."""
    cpu_s: float
    """User and system time, all threads, from the first event until the last is committed and all that can be closed
    is."""
    wall_s: float
    resident_mb: float

    @property
    def per_cpu_second(self) -> float:
        return self.events / self.cpu_s

    def __str__(self) -> str:
        return (
            f"{self.per_cpu_second:>9,.0f} events per CPU-second   {self.events:,} events, {self.cpu_s:.2f} CPU-seconds"
            f" (and {self.start_cpu_s:.2f} to start), {self.wall_s:.1f} s, {self.resident_mb:,.0f} MB resident"
        )


def filled_topics(bootstrap: str, stream: Stream) -> tuple[str, list[int]]:
    """New topics with the stream on them: their prefix, and the number of events in each partition."""
    prefix = new_prefix()
    stream.file()
    create_topics(bootstrap, prefix)
    counts = asyncio.run(fill(bootstrap, f"{prefix}events", stream.records()))
    assert sum(counts) == len(stream)
    return prefix, counts


def run_worker(bootstrap: str, stream: Stream, *, profile: Path | None = None) -> Run:
    """The real worker over the whole stream."""
    prefix, counts = filled_topics(bootstrap, stream)
    return _run_worker(bootstrap, prefix, counts, ROOT, profile)


def run_side_by_side(bootstrap: str, stream: Stream, trees: Iterable[Path]) -> dict[Path, Run]:
    """A worker of each tree over topics of its own, all at the same time: what disturbs one disturbs the others."""
    filled = {tree: filled_topics(bootstrap, stream) for tree in trees}
    with ThreadPoolExecutor() as pool:
        running = {
            tree: pool.submit(_run_worker, bootstrap, prefix, counts, tree, None)
            for tree, (prefix, counts) in filled.items()
        }
        return {tree: run.result() for tree, run in running.items()}


def _run_worker(bootstrap: str, prefix: str, counts: list[int], tree: Path, profile: Path | None) -> Run:
    with Worker(bootstrap, prefix, tree=tree, profile=profile) as worker:
        start_cpu_s = worker.wait_ready()
        return _measured(
            worker, start_cpu_s, bootstrap, prefix, group_of(prefix), counts, lambda: worker.wait_closed(PARTITIONS)
        )


def run_stock(bootstrap: str, stream: Stream) -> Run:
    """The stock agent over the whole stream."""
    prefix, counts = filled_topics(bootstrap, stream)
    with Process(["-m", "tests.bench.stock", bootstrap, prefix]) as agent:
        agent.wait_for_line("first")
        return _measured(agent, agent.cpu_s, bootstrap, prefix, f"{prefix}stock", counts)


def _measured(
    process: Process,
    start_cpu_s: float,
    bootstrap: str,
    prefix: str,
    group: str,
    counts: list[int],
    rest: Callable[[], None] = lambda: None,
) -> Run:
    """`rest` waits for what is left to do when every event was read."""
    began = time.monotonic()
    asyncio.run(
        wait_consumed(bootstrap, group, f"{prefix}events", counts, timeout_s=TIMEOUT_S, still=process.require_alive)
    )
    rest()
    cpu_s = process.cpu_s - start_cpu_s
    wall_s = time.monotonic() - began
    return Run(prefix, sum(counts), start_cpu_s, cpu_s, wall_s, process.resident_bytes / 1e6)
