"""tests/soak/run [--seed N] [--short]: see README.md."""

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from pipeline.cli.topic_plan import TopicNames
from tests.soak.crew import Crew
from tests.soak.feed import Feed
from tests.soak.incidents import INCIDENTS, Stage, end
from tests.soak.report import report
from tests.soak.script import FULL, SHORT, play, script
from tests.soak.topics import make_topics, wait_until_read
from tests.soak.verdict import judge

PREFIX = "soak."

MOST_S = 20 * 60
"""A soak that takes longer hangs."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/run", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="of events and incidents")
    parser.add_argument("--short", action="store_true", help="a few incidents in about a minute and a half")
    parser.add_argument("--rate", type=float, default=1_000, help="events per second, on average less")
    parser.add_argument("--partitions", type=int, default=5)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=sorted(INCIDENTS), metavar="INCIDENT", help=", ".join(INCIDENTS))
    parser.add_argument("--keep", action="store_true", help="keep logs and data even if all is well")
    return parser.parse_args()


async def soak(options: argparse.Namespace, folder: Path) -> bool:
    """Whether everything came out as it should."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} {text}", flush=True)

    rng = Random(options.seed)
    wanted = Counter(options.only) if options.only else SHORT if options.short else FULL
    names = TopicNames(PREFIX)
    group = f"{PREFIX}sessions"
    data = folder / "broker"
    data.mkdir()
    broker = Broker(port=free_ports(1)[0], data=data)
    await asyncio.to_thread(broker.start)
    crew = Crew(broker.bootstrap, names.prefix, folder, rng, say)
    try:
        await make_topics(broker.bootstrap, names, options.partitions)
        feed = Feed(broker.bootstrap, names.events, options.partitions, options.seed, options.rate)
        feeding = asyncio.create_task(feed.run())
        crew.wanted = options.workers
        for _ in range(options.workers):
            await crew.start()
        stage = Stage(crew, broker, rng, say, options.partitions, group)
        await play(stage, script(rng, wanted))
        feed.stop()
        await feeding
        say(f"{feed.sent} events sent, {feed.spoiled} of them spoiled; the workers read on")
        if not await wait_until_read(broker.bootstrap, group, names.events, options.partitions):
            stage.missed.append("the workers did not read everything")
        await end(stage)
        say("all workers have ended; the oracle reads")
        verdict = await judge(broker.bootstrap, names, options.partitions)
    finally:
        await crew.close()
        await asyncio.to_thread(broker.stop)
    return report(options.seed, stage, verdict, folder, time.monotonic() - began)


def main() -> int:
    options = arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the broker is killed on purpose
    print(f"seed {options.seed}: replay with --seed {options.seed}{' --short' if options.short else ''}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="flinks-soak-"))
    try:
        well = asyncio.run(asyncio.wait_for(soak(options, folder), MOST_S))
    except BaseException:
        print(f"did not come to its end; logs are in {folder}", flush=True)
        raise
    if well and not options.keep:
        shutil.rmtree(folder)
    else:
        print(f"logs and data are in {folder}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
