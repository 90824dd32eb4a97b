"""tests/bench/run collector: what a request of five events costs the collector, and what it does with too many.

Cost: the collector, with acks=all on the embedded broker, beside two handlers of the same HTTP server that only parse
the body: an empty one for ASGI, and a bare one behind the collector's own door, which goes past ASGI. All run at once
and are loaded in turns, so that whatever else the machine does meets all.

Overload: requests at four times the rate that was measured before, from a program that has more to do than it can and
so times also its own delay; beside it a few hundred a second from another one, which tells what a sender sees. Then
half of the measured rate, to see it recover.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.broker import Broker
from pipeline.cli.prepare_topics import prepare_topics
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import KafkaSettings
from tests.bench.cache import ROOT
from tests.bench.process import Process

PREFIX = "bench."
PARTITIONS = 12
TIMES_CAPACITY = 4
RECOVERY_S = 5
SAMPLE_RATE = 300
SAMPLE_CONNECTIONS = 100
ITS_OWN = {min(os.sched_getaffinity(0))}
"""A server's processor. The others are the load's and the broker's: what drives a server off its processor makes the
same work dearer, and the empty handler has no broker beside it."""
OTHERS = os.sched_getaffinity(0) - ITS_OWN or ITS_OWN


class Server(Process):
    """One of collector_servers."""

    def __init__(self, *arguments: str) -> None:
        super().__init__(["-m", "tests.bench.collector_servers", *arguments])
        os.sched_setaffinity(self.pid, ITS_OWN)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def resident_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * 4096 / 1e6


def load(
    server: Server, connections: int, seconds: float, rate: float | None = None, by: Sequence[str] = ()
) -> dict[str, Any]:
    """What collector_load tells; `by`: a command that starts it."""
    told = [str(server.port), str(server.pid), str(connections), str(seconds), *([str(rate)] if rate else [])]
    ran = subprocess.run(
        [*by, sys.executable, "-m", "tests.bench.collector_load", *told], cwd=ROOT, check=True, capture_output=True
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def cost(servers: dict[str, Server], options: argparse.Namespace) -> float:
    """Prints requests per CPU-second of each; returns the collector's requests per second."""
    found: dict[str, list[float]] = {name: [] for name in servers}
    rates: list[float] = []
    for server in servers.values():
        load(server, options.connections, 2)
    for _ in range(options.rounds):
        for name, server in servers.items():
            told = load(server, options.connections, options.seconds)
            if set(told["answers"]) != {"200"} or told["broken"]:
                raise RuntimeError(f"{name}: {_shown(told)}")
            found[name].append(told["answers"]["200"] / told["cpu_s"])
            if name == "collector":
                rates.append(told["answers"]["200"] / told["seconds"])
    for name, each in found.items():
        rounds = ", ".join(f"{one:,.0f}" for one in each)
        print(f"{name:14} {statistics.median(each):8,.0f} requests per CPU-second ({rounds})")
    for name in ("empty", "bare"):
        shares = sorted(one / other for one, other in zip(found["collector"], found[name], strict=True))
        share = statistics.median(found["collector"]) / statistics.median(found[name])
        print(f"{'':14} {share:8.2f} of the {name} handler, by rounds {shares[0]:.2f} to {shares[-1]:.2f}")
    print(f"{'':14} {statistics.median(rates):8,.0f} requests of 5 events per second")
    return statistics.median(rates)


def overload(server: Server, capacity: float, options: argparse.Namespace) -> None:
    """Prints latency, refusals, memory and recovery."""
    before = server.resident_mb
    rate = TIMES_CAPACITY * capacity
    seconds = 4 * options.seconds
    with ThreadPoolExecutor() as pool:
        crowd = pool.submit(load, server, options.crowd, seconds, rate, ["nice", "-n", "10"])  # the broker goes first
        sample = pool.submit(load, server, SAMPLE_CONNECTIONS, seconds, SAMPLE_RATE)
    told = crowd.result()
    print(f"{'overload':14} {rate:8,.0f} requests per second due, {options.crowd} connections: {_shown(told)}")
    print(f"{'':14} {'beside it':8} {SAMPLE_RATE} per second from a process of their own: {_shown(sample.result())}")
    print(f"{'':14} {before:8,.0f} MB before, {server.resident_mb:,.0f} MB after; {told['late']:,} never left")
    for second in range(1, RECOVERY_S + 1):
        told = load(server, options.connections, 1, capacity / 2)
        if set(told["answers"]) == {"200"} and not told["broken"]:
            print(f"{'recovery':14} in second {second}, at half of that rate: {_shown(told)}")
            return
    print(f"{'recovery':14} none in {RECOVERY_S} s: {_shown(told)}")


def _shown(told: dict[str, Any]) -> str:
    answers = ", ".join(f"{number:,} with {status}" for status, number in sorted(told["answers"].items()))
    p50, p99, lag = (f"{told[name]:.0f} ms" for name in ("p50_ms", "p99_ms", "lag_p99_ms"))
    return f"{answers}, {told['broken']} broken; of 200 p50 {p50}, p99 {p99}; own lag p99 {lag}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--connections", type=int, default=900)
    parser.add_argument("--crowd", type=int, default=3_000, help="connections of the overload")
    parser.add_argument("--only", choices=["cost", "overload"])
    options = parser.parse_args()
    os.sched_setaffinity(0, OTHERS)  # also for what is started from here
    with Broker() as broker:
        names = TopicNames(PREFIX)
        asyncio.run(prepare_topics(KafkaSettings(broker.bootstrap), names, partitions=PARTITIONS, replication=1))
        where = (broker.bootstrap, names.events, names.rejected)
        with Server("empty") as empty, Server("bare") as bare, Server("patient", *where) as collector:
            if options.only == "overload":
                options.rounds = 1
            capacity = cost({"empty": empty, "bare": bare, "collector": collector}, options)
        if options.only != "cost":
            with Server("collector", *where) as collector:
                overload(collector, capacity, options)


if __name__ == "__main__":
    main()
