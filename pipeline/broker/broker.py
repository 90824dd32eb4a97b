"""The embedded broker's life, from outside."""

import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.broker import server
from pipeline.broker.errors import StartError
from pipeline.broker.installation import Installation, install
from pipeline.broker.jars import Progress
from pipeline.broker.java import HEAP_MB, check_memory, command
from pipeline.broker.ports import check_free, free_ports
from pipeline.broker.process import Process
from pipeline.broker.ready import wait_until_ready

START_TIMEOUT_S = 60
START_TRIES = 3
STOP_GRACE_S = 10.0
PORT_LOST = "BindException"  # another program took a free port before Kafka did


class Broker:
    """One Apache Kafka on localhost, alive at most as long as this process, whatever ends it.

    A context manager, or start() and stop(). Both block: from async code use asyncio.to_thread. A process that is
    forked from this one, without an exec, keeps the broker alive too.

    Args:
        port: for clients; None takes a free one, another at each start.
        data: a folder where records stay over a restart; None keeps them in a temporary one that goes with the broker.
        heap_mb: Java's heap.
        progress: told, in words, what takes long: the download and preparation at the first start on a machine.
    """

    def __init__(
        self,
        port: int | None = None,
        data: Path | None = None,
        *,
        heap_mb: int = HEAP_MB,
        progress: Progress = lambda _: None,
    ) -> None:
        self._wanted_port = port
        self._kept_data = data
        self._heap_mb = heap_mb
        self._progress = progress
        self._port = port
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients find it: localhost:PORT."""
        return f"{server.HOST}:{self._port}"

    @property
    def pid(self) -> int:
        """The process id of Java, while it runs."""
        if self._process is None:
            raise RuntimeError("the broker has not been started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it is there still: Java may end by itself, of want of memory or disk."""
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start, and return once the broker has acknowledged a write.

        Takes 2 s; the first time on a machine it also downloads 45 MB and prepares for about 10 s.

        Raises:
            FetchError: the first start, and no network.
            MemoryShortError: too little memory is free.
            PortTakenError: the given port is in use.
            DataInUseError: the given folder is another broker's, or holds something else.
            StartError: Kafka ended, or was not ready within a minute.
        """
        if self._process is not None:
            raise RuntimeError("the broker has been started")
        if self._wanted_port is not None:
            check_free(self._wanted_port)
        check_memory(self._heap_mb)
        kafka = install(self._progress)
        for attempt in range(1, START_TRIES + 1):
            free_port, controller_port = free_ports(2)
            self._port = self._wanted_port or free_port
            self._process = self._spawn(kafka, self._port, controller_port)
            try:
                self._wait_until_ready(self._process)
            except BaseException as error:
                self.stop()
                if isinstance(error, StartError) and PORT_LOST in str(error) and attempt < START_TRIES:
                    continue
                raise
            return

    def stop(self) -> None:
        """End the broker: SIGTERM, after 10 s SIGKILL. Does nothing when it does not run."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """End the broker with SIGKILL, as a crash would; data that is to be kept is kept. Then it can start again."""
        if self._process is not None:
            self._process.kill()
            self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, kafka: Installation, port: int, controller_port: int) -> Process:
        if self._kept_data is not None:
            data = self._kept_data.resolve()
            with server.claimed(data) as claim:
                return self._run(kafka, data, port, controller_port, claim=claim)
        data = Path(tempfile.mkdtemp(prefix="flinks-kafka-"))
        try:
            return self._run(kafka, data, port, controller_port)
        except BaseException:
            shutil.rmtree(data)
            raise

    def _run(
        self, kafka: Installation, data: Path, port: int, controller_port: int, *, claim: int | None = None
    ) -> Process:
        server.write_settings(data, port, controller_port)
        server.format_once(data, kafka.bootstrap)
        flags = [f"-XX:AOTCache={kafka.archive}"] if kafka.archive else []
        return Process(
            command(kafka.java, kafka.jars, flags, "kafka.Kafka", server.SETTINGS_NAME, heap_mb=self._heap_mb),
            data,
            data / server.LOG_NAME,
            grace_s=STOP_GRACE_S,
            # Whoever watches Java keeps the claim on kept data, or removes the rest.
            remove=data if claim is None else None,
            keep_open=[] if claim is None else [claim],
        )

    def _wait_until_ready(self, process: Process) -> None:
        try:
            wait_until_ready(server.HOST, self._port or 0, time.monotonic() + START_TIMEOUT_S, process.check_running)
        except TimeoutError as error:
            raise StartError(
                f"Kafka was not ready after {START_TIMEOUT_S} s. The end of its log:\n{process.tail()}"
            ) from error
