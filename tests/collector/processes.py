"""Collectors as processes of their own, to be stopped and killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from tests.cli.running import PATIENCE_S
from tests.collector.doors import KEYS

ROOT = Path(__file__).parents[2]


async def revive(broker: Broker, tries: int = 3) -> None:
    """Start a broker that was killed."""
    for last in (*[False] * (tries - 1), True):
        try:
            await asyncio.to_thread(broker.start)
        except AssertionError:  # aiokafka's, when it asks a broker that is not quite there
            if last:
                raise
        else:
            return


class CollectorProcess:
    """`flinks-pipeline collector` on ports that stay."""

    def __init__(self, kafka: str, prefix: str, folder: Path, *options: str) -> None:
        self.port, self.admin_port = free_ports(2)
        self.log = folder / f"collector-{self.port}.log"
        keys = folder / "keys.toml"
        keys.write_text(KEYS)
        self._command: Sequence[str] = [
            *(sys.executable, "-m", "pipeline", "collector", "--broker", kafka, "--topic-prefix", prefix),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--admin-host", "127.0.0.1", "--admin-port", str(self.admin_port)),
            *("--keys", str(keys), "--address-requests-per-second", "0", "--app-events-per-second", "0"),
            *options,
        ]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220  # it is quick
                self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment()
            )
        await self.ready()

    async def ready(self, *, status: int = 200) -> str:
        """Wait until /readyz answers so; returns what it says."""
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
            while True:
                assert self.process is not None
                assert self.process.poll() is None, self.log.read_text()
                try:
                    async with session.get(f"http://127.0.0.1:{self.admin_port}/readyz") as answer:
                        if answer.status == status:
                            return await answer.text()
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> int:
        """Send it a signal, and wait for its end; returns its status."""
        assert self.process is not None
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLINKS_PIPELINE_")}
    return kept | {"PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def collectors(
    count: int, kafka: str, prefix: str, folder: Path, *options: str
) -> AsyncIterator[list[CollectorProcess]]:
    """So many of them, ready; whatever happens, they have ended afterwards."""
    found = [CollectorProcess(kafka, prefix, folder, *options) for _ in range(count)]
    try:
        await asyncio.gather(*(one.start() for one in found))
        yield found
    finally:
        for one in found:
            if one.process is not None:
                one.process.kill()
                one.process.wait()
