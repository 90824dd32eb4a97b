"""What the broker runs from: a cache folder that a first start fills, and later starts use without network.

It holds the jars, the bootstrap file that Kafka's format tool writes (the same for every new cluster), and for each
Java runtime a class archive.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.broker import server
from pipeline.broker.jars import Progress, kafka_version, provide
from pipeline.broker.java import java_path
from pipeline.broker.prepare import write_archive, write_bootstrap

ARCHIVES_KEPT = 3  # of 66 MB; one for each Python environment that starts brokers


@dataclass(frozen=True, slots=True)
class Installation:
    """Apache Kafka and its Java, ready to start."""

    java: Path
    jars: tuple[Path, ...]
    bootstrap: Path
    archive: Path | None  # None where none could be made: then starts take longer, nothing else


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "flinks-pipeline" / f"kafka-{kafka_version()}"


def install(progress: Progress) -> Installation:
    """Make everything that a start needs, or find it made.

    Raises:
        FetchError: the jars could not be downloaded.
        BrokerError: the Python packages of the extra are missing, or Kafka's format tool failed.
    """
    java = java_path()
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / "lock"):
        jars = tuple(provide(folder, progress))
        bootstrap = folder / server.BOOTSTRAP_NAME
        archive = folder / f"classes-{_runtime_id(java)}.aot"
        if archive.exists():
            archive.touch()  # the one that was not used for longest is removed first
        else:
            progress("preparing Apache Kafka for quick starts: about 10 s, once")
            write_bootstrap(java, jars, bootstrap)
            write_archive(java, jars, bootstrap, archive)
            for old in sorted(folder.glob("classes-*.aot"), key=lambda path: path.stat().st_mtime)[:-ARCHIVES_KEPT]:
                old.unlink()
    return Installation(java, jars, bootstrap, archive if archive.exists() else None)


def _runtime_id(java: Path) -> str:
    """What an archive is bound to: Java refuses one that was made by another runtime, or one at another place."""
    modules = java.parent.parent / "lib" / "modules"
    status = modules.stat()
    return hashlib.sha256(f"{modules} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:12]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
