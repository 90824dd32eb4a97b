"""The Kafka that `up` starts."""

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path

from pipeline.broker import Broker, BrokerError
from pipeline.broker.jars import kafka_version
from pipeline.cli.up.parts import Part, Parts

LOOK_S = 0.5


class BrokerDiedError(BrokerError):
    """The embedded broker ended while it was needed."""


class EmbeddedKafka:
    """A broker that is being started in a thread of its own, beside everything else that is to be prepared."""

    def __init__(self, data: Path | None, part: Part) -> None:
        self._broker = Broker(data=data, progress=part.tell)
        self._kept = data is not None
        self._part = part
        self._started: Future[str] = Future()
        # A daemon: whoever ends the process in the middle of a download is not kept waiting.
        threading.Thread(target=self._start, name="start-kafka", daemon=True).start()

    def _start(self) -> None:
        try:
            self._broker.start()
        except BaseException as error:  # noqa: BLE001  # told to whoever waits
            self._started.set_exception(error)
        else:
            self._part.ready(f"Kafka {kafka_version()} on {self._broker.bootstrap}")
            self._started.set_result(self._broker.bootstrap)

    async def started(self) -> str:
        """Wait until it is ready; returns its address.

        Raises:
            BrokerError: it does not start, and why.
        """
        return await asyncio.shield(asyncio.wrap_future(self._started))

    async def died(self) -> None:
        """Wait for what should not happen.

        Raises:
            BrokerDiedError: when it has.
        """
        await self.started()
        while True:
            await asyncio.sleep(LOOK_S)
            self.require_alive()

    def require_alive(self, instead: Exception | None = None) -> None:
        """Check that it runs, if it has been started.

        Raises:
            BrokerDiedError: it does not; that is why `instead` happened.
        """
        if self._started.done() and not self._started.exception() and not self._broker.running:
            raise BrokerDiedError("Kafka ended unexpectedly: was it killed, or is memory short?") from instead

    async def stop(self) -> None:
        """End it. Data that is not kept needs no orderly end."""
        if not self._started.done():
            return  # it ends with this process
        await asyncio.to_thread(self._broker.stop if self._kept else self._broker.kill)


def start_kafka(data: Path | None, parts: Parts) -> EmbeddedKafka:
    """Start one, kept in a folder or not."""
    return EmbeddedKafka(data, parts.begin(f"Kafka {kafka_version()}"))
