"""Seconds from the start of a worker until all its partitions run, with many sessions open.

    tests/bench/run restore                     100,000 open visits, an hour of changelog
    tests/bench/run restore --minutes 25 --copies 10      a million open visits (10 GB of memory, a quarter of an hour)

An hour of real journeys is written to the changelog first, a checkpoint a second and partition, as fast as it goes.
So the broker's cleaner has had less time than in an hour, which makes the restore longer, not shorter. Then the real
worker is started, several times; beside it one that finds nothing to restore.
"""

import argparse
import asyncio
import time

from tests.bench.changelog import write_changelog
from tests.bench.cluster import broker, new_prefix
from tests.bench.engine import USERS_PER_MINUTE
from tests.bench.stream import Stream
from tests.bench.worker import Worker, create_topics

EVENTS_PER_USER = 9.2


def start_s(bootstrap: str, prefix: str) -> tuple[float, float, float]:
    """Seconds until the worker runs, CPU seconds that it took, and MB that it holds then."""
    with Worker(bootstrap, prefix) as worker:
        cpu_s = worker.wait_ready()
        return time.monotonic() - worker.began, cpu_s, worker.resident_bytes / 1e6


def main() -> None:
    assert __doc__ is not None
    summary, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        "tests/bench/run restore", description=summary, epilog=epilog, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--broker", help="HOST:PORT of yours; without it an embedded one")
    parser.add_argument("--minutes", type=int, default=60, help="of changelog")
    parser.add_argument("--copies", type=int, default=1, help="visits made of each; one is about 100,000 open")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    stream = Stream(USERS_PER_MINUTE, int(USERS_PER_MINUTE * EVENTS_PER_USER * options.minutes))
    stream.file()
    with broker(options.broker) as bootstrap:
        prefix, fresh = new_prefix(), new_prefix()
        create_topics(bootstrap, prefix)
        create_topics(bootstrap, fresh)
        began = time.monotonic()
        visits = asyncio.run(write_changelog(bootstrap, prefix, stream, options.minutes * 60, options.copies))
        print(f"{visits:,} visits open, written in {time.monotonic() - began:.0f} s", flush=True)
        for number in range(1, options.rounds + 1):
            without_s, _, _ = start_s(bootstrap, fresh)
            all_s, cpu_s, resident_mb = start_s(bootstrap, prefix)
            print(
                f"round {number}: running after {all_s:.1f} s ({without_s:.1f} s with nothing to restore), "
                f"{cpu_s:.1f} CPU-seconds, {resident_mb:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
