"""Events per CPU-second of the worker, beside a stock Faust agent that does the same fold.

    tests/bench/run engine                           worker and stock agent in turn, and the ratio
    tests/bench/run engine --verify 4                and every result of all 4 partitions against the oracle
    tests/bench/run engine --profile                 where the worker's CPU time goes
    tests/bench/run engine --against HEAD~10         an older commit and this tree side by side

What counts is user and system time of the worker's process, all threads, from its first event until the last one is
committed and every session has closed. Events are on the topic before it starts, so that it works on a backlog.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.cache import ROOT
from tests.bench.cluster import broker
from tests.bench.revision import tree_of
from tests.bench.runs import run_side_by_side, run_stock, run_worker
from tests.bench.shares import shares
from tests.bench.stream import PARTITIONS, Stream
from tests.bench.verify import verify

EVENTS = 2_000_000
STOCK_EVENTS = 60_000
USERS_PER_MINUTE = 4_700.0
"""About 100,000 visits are open at any time."""


def beside_stock(bootstrap: str, stream: Stream, stock: Stream, rounds: int, verified: int) -> None:
    """The worker and the stock agent in turn."""
    ratios, rates = [], []
    for number in range(1, rounds + 1):
        ours = run_worker(bootstrap, stream)
        print(f"worker {ours}", flush=True)
        theirs = run_stock(bootstrap, stock)
        print(f"stock  {theirs}", flush=True)
        rates.append(ours.per_cpu_second)
        ratios.append(ours.per_cpu_second / theirs.per_cpu_second)
        print(f"round {number}: {ratios[-1]:.1f} times stock", flush=True)
        if number == 1:
            for partition in range(verified):
                print("worker", verify(bootstrap, ours.prefix, stream, partition), flush=True)
                print("stock ", verify(bootstrap, theirs.prefix, stock, partition), flush=True)
    print(f"median of {rounds}: {median(rates):,.0f} events per CPU-second, {median(ratios):.1f} times stock")


def against(bootstrap: str, stream: Stream, revision: str, rounds: int) -> None:
    """An older commit's worker and this tree's, both at the same time."""
    with tree_of(revision) as older:
        ratios = []
        for number in range(1, rounds + 1):
            pair = run_side_by_side(bootstrap, stream, (older, ROOT) if number % 2 else (ROOT, older))
            print("older", pair[older])
            print("this ", pair[ROOT])
            ratios.append(pair[ROOT].per_cpu_second / pair[older].per_cpu_second)
            print(f"round {number}: this tree is {ratios[-1]:.3f} times {revision}", flush=True)
    print(f"min {min(ratios):.3f}   median {median(ratios):.3f}   max {max(ratios):.3f}")


def profile(bootstrap: str, stream: Stream) -> None:
    """CPU time by part. Looking takes some itself, so the rate is lower than without."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.json"
        run = run_worker(bootstrap, stream, profile=file)
        print(f"worker {run}")
        found = shares(file)
    total_s = sum(seconds for _, seconds in found)
    for part, seconds in found:
        print(f"{seconds / total_s:7.1%} {seconds / len(stream) * 1e6:7.2f} µs an event   {part}")


def main() -> None:
    assert __doc__ is not None
    summary, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        "tests/bench/run engine", description=summary, epilog=epilog, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--broker", help="HOST:PORT of yours; without it an embedded one")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--stock-events", type=int, default=STOCK_EVENTS, help="over the same time, so fewer users")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--verify", type=int, default=1, choices=range(PARTITIONS + 1), help="so many partitions")
    parser.add_argument("--against", metavar="REVISION", help="an older commit instead of the stock agent")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    stream = Stream(USERS_PER_MINUTE, options.events)
    with broker(options.broker) as bootstrap:
        if options.profile:
            profile(bootstrap, stream)
        elif options.against is not None:
            against(bootstrap, stream, options.against, options.rounds)
        else:
            stock = Stream(round(USERS_PER_MINUTE * options.stock_events / options.events, 2), options.stock_events)
            beside_stock(bootstrap, stream, stock, options.rounds, options.verify)


if __name__ == "__main__":
    main()
