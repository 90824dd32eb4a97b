"""From append to committed: how long after an event stood on the topic its effect stood on the topics of results.

    tests/bench/run latency

The real worker first works off a history, so that about 100,000 visits are open. Then events come at a steady rate.
Each checkpoint's mark in the changelog tells the input position that it covers; a read_committed consumer on this
machine sees it once its transaction is committed. The delay of an event is the time from its append, by the broker's
clock, to the moment in which that consumer had the first mark beyond it, so fetching by the consumer is included.
"""

import argparse
import asyncio
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.engine.mark import MARK_KEY, decode_mark
from tests.bench.cluster import broker, fill, new_prefix, producer, wait_consumed
from tests.bench.engine import EVENTS, USERS_PER_MINUTE
from tests.bench.stream import PARTITIONS, Keyed, Stream
from tests.bench.worker import Worker, create_topics, group_of

HISTORY = 900_000
BEAT_S = 0.02
"""Events come in batches, each beat one for each partition, as collectors send them."""
AFTER_S = 30.0


@dataclass(slots=True)
class Lane:
    """One partition: what was appended when, and what was seen as committed when. Times in s since 1970."""

    appended: list[tuple[int, float, int]] = field(default_factory=list)
    """(offset of the first, append time, how many), batch by batch."""
    committed: list[tuple[int, float]] = field(default_factory=list)
    """(position, time), mark by mark."""

    @property
    def end(self) -> int:
        """The offset behind the last event."""
        offset, _, count = self.appended[-1]
        return offset + count

    @property
    def reached(self) -> int:
        """The position that is committed."""
        return self.committed[-1][0] if self.committed else 0

    def delays_s(self) -> Iterator[tuple[float, int]]:
        """(delay, events)."""
        positions = [position for position, _ in self.committed]
        for offset, append_s, count in self.appended:
            mark = bisect_right(positions, offset + count - 1)
            yield self.committed[mark][1] - append_s, count


async def measure(bootstrap: str, rate: int, seconds: int) -> list[tuple[float, int]]:
    """Delays of all events that came at the steady rate."""
    stream = Stream(USERS_PER_MINUTE, EVENTS)
    prefix = new_prefix()
    topic = f"{prefix}events"
    await asyncio.to_thread(create_topics, bootstrap, prefix)
    events = stream.records()
    counts = await fill(bootstrap, topic, islice(events, HISTORY))
    lanes = [Lane() for _ in range(PARTITIONS)]
    with Worker(bootstrap, prefix) as worker:
        await asyncio.to_thread(worker.wait_ready)
        await wait_consumed(bootstrap, group_of(prefix), topic, counts, timeout_s=300, still=worker.require_alive)
        ends: list[int] = []
        watching = asyncio.create_task(_watch(bootstrap, f"{prefix}sessions-changelog", lanes, ends))
        cpu_s = worker.cpu_s
        await _pace(bootstrap, topic, islice(events, rate * seconds), rate, lanes)
        used = (worker.cpu_s - cpu_s) / seconds
        print(f"{rate:,} events a second for {seconds} s; the worker used {used:.0%} of a core", flush=True)
        ends += [lane.end for lane in lanes]
        await asyncio.wait_for(watching, AFTER_S)
    return [delay for lane in lanes for delay in lane.delays_s()]


async def _watch(bootstrap: str, changelog: str, lanes: list[Lane], ends: list[int]) -> None:
    """Note each mark as soon as it can be read, until those of all partitions are at `ends`, once there are any."""
    watcher = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="latest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=8 << 20,
    )
    await watcher.start()
    try:
        watcher.assign([TopicPartition(changelog, partition) for partition in range(PARTITIONS)])
        while not ends or any(lane.reached < end for lane, end in zip(lanes, ends, strict=True)):
            found = await watcher.getmany(timeout_ms=50)
            now_s = time.time()
            for tp, records in found.items():
                for record in records:
                    if record.key == MARK_KEY:
                        lanes[tp.partition].committed.append((decode_mark(record.value).position, now_s))
    finally:
        await watcher.stop()


async def _pace(bootstrap: str, topic: str, events: Iterator[Keyed], rate: int, lanes: list[Lane]) -> None:
    """Send events at the rate, and note when the broker appended them."""
    per_beat = max(1, round(rate * BEAT_S))
    sending: set[asyncio.Task[None]] = set()
    async with producer(bootstrap) as to_broker:
        began = time.monotonic()
        beat = 0
        while turn := list(islice(events, per_beat)):
            batches: dict[int, Any] = {}
            for partition, key, value in turn:
                batch = batches.setdefault(partition, to_broker.create_batch())
                batch.append(key=key, value=value, timestamp=None)
            for partition, batch in batches.items():
                batch.close()
                acknowledged = await to_broker.send_batch(batch, topic, partition=partition)
                task = asyncio.create_task(_note(acknowledged, batch.record_count(), lanes[partition]))
                sending.add(task)
                task.add_done_callback(sending.discard)
            beat += 1
            await asyncio.sleep(max(0.0, began + beat * per_beat / rate - time.monotonic()))
        await asyncio.gather(*sending)
    for lane in lanes:
        lane.appended.sort()


async def _note(acknowledged: "asyncio.Future[Any]", count: int, lane: Lane) -> None:
    about = await acknowledged
    lane.appended.append((about.offset, about.timestamp / 1000, count))


def percentile(delays: list[tuple[float, int]], share: float) -> float:
    """The delay that this share of the events does not exceed."""
    wanted = share * sum(count for _, count in delays)
    reached = 0
    for delay_s, count in sorted(delays):
        reached += count
        if reached >= wanted:
            return delay_s
    raise ValueError("there are no events")


def main() -> None:
    assert __doc__ is not None
    summary, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        "tests/bench/run latency", description=summary, epilog=epilog, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--broker", help="HOST:PORT of yours; without it an embedded one")
    parser.add_argument("--rate", type=int, default=5_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with broker(options.broker) as bootstrap:
        delays = asyncio.run(measure(bootstrap, options.rate, options.seconds))
    for name, share in (("median", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("most", 1.0)):
        print(f"{name:6} {percentile(delays, share):6.3f} s")


if __name__ == "__main__":
    main()
