"""What a first start makes from the jars, so that later ones take 1.5 s and not 6 s."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.broker import server
from pipeline.broker.errors import BrokerError, StartError
from pipeline.broker.java import command, environment
from pipeline.broker.ports import free_ports
from pipeline.broker.process import Process
from pipeline.broker.ready import wait_until_ready

FORMAT_TIMEOUT_S = 60
ARCHIVE_TIMEOUT_S = 120


def write_bootstrap(java: Path, jars: Sequence[Path], target: Path) -> None:
    """Let Kafka's format tool write the feature levels that a new cluster of this version starts with.

    Raises:
        BrokerError: the tool failed.
    """
    with TemporaryDirectory(prefix="flinks-kafka-") as name:
        data = Path(name)
        server.write_settings(data, *free_ports(2))
        arguments = ["kafka.tools.StorageTool", "format", "-t", server.new_id(), "-c", server.SETTINGS_NAME]
        formatted = subprocess.run(
            command(java, jars, [], *arguments),
            cwd=data,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=FORMAT_TIMEOUT_S,
            check=False,
        )
        if formatted.returncode != 0:
            raise BrokerError(f"Kafka's format tool failed:\n{(formatted.stdout + formatted.stderr)[-2000:]}")
        _put(data / server.LOGS / server.BOOTSTRAP_NAME, target)


def write_archive(java: Path, jars: Sequence[Path], bootstrap: Path, target: Path) -> None:
    """Let a broker start and stop once, while Java notes what it loads and compiles, and keeps it in an archive.

    When that does not work there is no archive, and no error: Kafka starts without one too.
    """
    with TemporaryDirectory(prefix="flinks-kafka-") as name:
        data = Path(name)
        port, controller_port = free_ports(2)
        server.write_settings(data, port, controller_port)
        server.format_once(data, bootstrap)
        made = data / target.name
        process = Process(
            command(java, jars, [f"-XX:AOTCacheOutput={made}"], "kafka.Kafka", server.SETTINGS_NAME),
            data,
            data / server.LOG_NAME,
            grace_s=ARCHIVE_TIMEOUT_S,  # the archive is written between SIGTERM and the end
        )
        try:
            wait_until_ready(server.HOST, port, time.monotonic() + ARCHIVE_TIMEOUT_S, process.check_running)
        except (StartError, TimeoutError):
            process.kill()
        finally:
            process.stop()
        if made.exists():
            _put(made, target)


def _put(source: Path, target: Path) -> None:
    """Copy, perhaps to another file system, so that nobody ever finds half a file."""
    half = target.with_name(f"{target.name}.half")
    shutil.copyfile(source, half)
    half.replace(target)
