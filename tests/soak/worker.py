"""A worker that takes orders: python -m tests.soak.worker BOOTSTRAP PREFIX [ORDER ...].

It is wired as `flinks-pipeline worker` is, but for its fold, checkpoints and Kafka settings, which carry out orders.
Further orders come on standard input, one a line; when that is closed the worker kills itself, so that none is left
over. What it does is told on standard output, a JSON object a line.
"""

import asyncio
import dataclasses
import logging
import os
import sys
from threading import Thread
from typing import Any

import orjson

from pipeline.cli import sessions_worker as wiring
from pipeline.cli.running import stop_on_signals, until_stopped
from pipeline.cli.sessions_job import sessions_job
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Changes, Engine, Fold, Job, Observer, StreamClock
from pipeline.sessions.fold import Settings
from tests.soak.faults import Orders, fault_in_restore, faulty_checkpoint, faulty_kafka, kill
from tests.soak.ledger import LedgerFold
from tests.soak.topics import ledger_topic

log = logging.getLogger(__name__)


def say(what: str, **fields: Any) -> None:
    # At once and in one write: a moment later the process may be gone.
    os.write(1, orjson.dumps({"what": what, **fields}) + b"\n")


class Announcer(Observer):
    """Tells the soak what the engine tells it."""

    def committed(self, partition: int, changes: Changes, records: int, seconds: float) -> None:
        say("committed", partition=partition, records=records, states=len(changes.states), seconds=seconds)

    def restored(self, partition: int, keys: int, records: int, seconds: float) -> None:
        say("restored", partition=partition, keys=keys, records=records, seconds=round(seconds, 2))

    def failed(self, partition: int, reason: BaseException) -> None:
        say("failed", partition=partition, reason=repr(reason))


def job_with_faults(orders: Orders) -> Any:
    """What stands in for `sessions_job`."""

    def make(names: TopicNames, settings: Settings) -> Job:
        job = sessions_job(names, settings)

        def make_fold(partition: int, clock: StreamClock) -> Fold:
            fault_in_restore(orders, partition)
            return LedgerFold(job.make_fold(partition, clock), ledger_topic(names.prefix))

        return dataclasses.replace(job, make_fold=make_fold, outputs=(*job.outputs, ledger_topic(names.prefix)))

    return make


def listen(orders: Orders) -> None:
    for line in sys.stdin:
        orders.give(line.strip())
    kill()


async def work(bootstrap: str, names: TopicNames, orders: Orders) -> None:
    engines: list[Engine] = []
    Engine.checkpoint_type = faulty_checkpoint(orders, lambda: bool(engines) and engines[0]._rebalancing)
    vars(wiring)["sessions_job"] = job_with_faults(orders)
    kafka = faulty_kafka(bootstrap, orders)
    stop = stop_on_signals()
    async with wiring.sessions_worker(
        kafka, names, settings=Settings(), host="127.0.0.1", port=0, observers=[Announcer()]
    ) as running:
        engines.append(running.engine)
        await until_stopped(running.engine, stop)


def main(bootstrap: str, prefix: str, given: list[str]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    orders = Orders(say)
    for order in given:
        orders.give(order)
    Thread(target=listen, args=(orders,), daemon=True).start()
    try:
        asyncio.run(work(bootstrap, TopicNames(prefix), orders))
    except Exception as error:
        say("crashed", reason=repr(error))
        log.exception("crashed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
