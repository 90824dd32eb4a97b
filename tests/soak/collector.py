"""tests/soak/collector: collectors that are stopped and killed, and a broker that is, while senders send.

Two collectors and one broker. Senders behave as listeners do: they send until they have a verdict, under the same
ids. Afterwards every event that was accepted must be on the topic, and in exactly one session once.
"""

import argparse
import asyncio
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from pipeline.cli.prepare_topics import prepare_topics
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import KafkaSettings
from tests.collector.doors import WRITE_KEY
from tests.collector.loss import compare
from tests.collector.processes import CollectorProcess, collectors, revive
from tests.collector.senders import Told, send

NAMES = TopicNames("soak.")
SENDERS = 40
CALM_S = 3.0
LONG_S = 15.0
"""An outage in which Kafka's answers come too late."""

Incident = Callable[[list[CollectorProcess], Broker, Random], Awaitable[None]]


async def stop_one(them: list[CollectorProcess], _: Broker, rng: Random) -> None:
    """SIGTERM, which must end with status 0."""
    one = rng.choice(them)
    status = await one.end(signal.SIGTERM)
    if status:
        raise RuntimeError(f"SIGTERM ended it with {status}: {one.log}")
    await one.start()


async def kill_one(them: list[CollectorProcess], _: Broker, rng: Random) -> None:
    """SIGKILL."""
    one = rng.choice(them)
    await one.end(signal.SIGKILL)
    await one.start()


async def kill_both(them: list[CollectorProcess], _: Broker, rng: Random) -> None:
    """SIGKILL of all there are."""
    for one in rng.sample(them, len(them)):
        await one.end(signal.SIGKILL)
    await asyncio.gather(*(one.start() for one in them))


async def kill_broker(them: list[CollectorProcess], broker: Broker, _: Random) -> None:
    """SIGKILL and a start at once on the same data."""
    broker.kill()
    await revive(broker)
    await asyncio.gather(*(one.ready() for one in them))


async def lose_broker(them: list[CollectorProcess], broker: Broker, _: Random) -> None:
    """The same, but it is away for longer than anybody waits."""
    broker.kill()
    await asyncio.sleep(LONG_S)
    await revive(broker)
    await asyncio.gather(*(one.ready() for one in them))


async def kill_broker_and_one(them: list[CollectorProcess], broker: Broker, rng: Random) -> None:
    """A collector dies while the broker is away, and starts when it is back."""
    one = rng.choice(them)
    broker.kill()
    await one.end(signal.SIGKILL)
    await revive(broker)
    await one.start()
    await asyncio.gather(*(each.ready() for each in them))


INCIDENTS: tuple[Incident, ...] = (stop_one, kill_one, kill_both, kill_broker, lose_broker, kill_broker_and_one)


async def soak(options: argparse.Namespace, broker: Broker, folder: Path, told: Told) -> None:
    """Every incident, in an order that the seed decides."""
    began = time.monotonic()
    rng = Random(options.seed)
    await prepare_topics(KafkaSettings(broker.bootstrap), NAMES, partitions=6, replication=1)
    script = [incident for incident in INCIDENTS for _ in range(options.times)]
    rng.shuffle(script)
    async with collectors(2, broker.bootstrap, NAMES.prefix, folder) as them:
        stop = asyncio.Event()
        urls = [one.url for one in them]
        sending = asyncio.create_task(send(urls, WRITE_KEY, senders=SENDERS, stop=stop, told=told))
        for incident in script:
            await asyncio.sleep(rng.uniform(0.5, CALM_S))
            print(f"{time.monotonic() - began:6.1f} {incident.__name__}, {len(told.accepted):,} accepted", flush=True)
            await incident(them, broker, rng)
        await asyncio.sleep(CALM_S)
        stop.set()
        await sending


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.collector", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--times", type=int, default=3, help="that each incident happens")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    told = Told()
    with tempfile.TemporaryDirectory(prefix="soak-collector-") as temporary:
        folder = Path(temporary)
        broker = Broker(port=free_ports(1)[0], data=folder / "kafka")
        broker.start()
        try:
            asyncio.run(soak(options, broker, folder, told))
            found = compare(broker.bootstrap, NAMES.events, told)
        finally:
            broker.kill()
    print(
        f"answers: {dict(sorted(told.answers.items()))}; of 200 median {statistics.median(told.seconds) * 1000:.0f} ms"
    )
    print(f"{len(told.accepted):,} accepted, {len(told.undecided):,} without a verdict: {found}")
    sys.exit(0 if found.right and told.accepted else 1)


if __name__ == "__main__":
    main()
