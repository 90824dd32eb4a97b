"""The same fold in a stock Faust agent: what Faust gives without the engine.

    python -m tests.bench.stock BROKER PREFIX

One message after the other, one table entry a visit, at least once, everything else as Faust comes. It is favoured:
the table is in memory and not in RocksDB, its entries are taken ready-made from the fold instead of being read back
for each event, and results are sent without waiting. Prints "first" before the first event.
"""

import asyncio
import signal
import sys
from tempfile import TemporaryDirectory
from typing import Any

import faust
from faust.types import StreamT

from pipeline.sessions.fold import SessionFold, Topics
from tests.bench.stream import PARTITIONS


def stock_app(bootstrap: str, prefix: str, folder: str) -> faust.App:
    """Reads PREFIXevents, writes PREFIXsessions, PREFIXvisits and PREFIXrejected; its group is PREFIXstock."""
    app = faust.App(
        f"{prefix}stock",
        datadir=folder,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        web_enabled=False,
    )
    topics = Topics(*[f"{prefix}{name}" for name in ("events", "sessions", "visits", "rejected", "counts")])
    visits = app.Table("visits", key_type=bytes, value_type=bytes, partitions=PARTITIONS)
    results = {name: _raw_topic(app, name) for name in (topics.sessions, topics.visits, topics.rejected, topics.counts)}
    folds = [SessionFold(partition, topics) for partition in range(PARTITIONS)]

    @app.agent(_raw_topic(app, topics.events))
    async def sessions(stream: StreamT[bytes]) -> None:
        begun = False
        async for event in stream.events():
            if not begun:
                begun = True
                print("first", flush=True)
            message = event.message
            fold = folds[message.partition]
            fold.process([(message.offset, int(message.timestamp * 1000), message.key, message.value)])
            changes = fold.take_changes()
            for key, state in changes.states:
                if state is None:
                    visits.pop(key, None)
                else:
                    visits[key] = state
            for topic, records in changes.results.items():
                partition = 0 if topic == topics.counts else message.partition
                for result_key, result in records:
                    await results[topic].send(key=result_key, value=result, partition=partition)

    return app


def _raw_topic(app: faust.App, name: str) -> Any:
    return app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


async def run(bootstrap: str, prefix: str) -> None:
    """Until it is interrupted."""
    interrupted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
    with TemporaryDirectory() as folder:
        app = stock_app(bootstrap, prefix, folder)
        await app.start()
        await interrupted.wait()
        await app.stop()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
