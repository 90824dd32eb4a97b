"""The jars: fetched once, checked always."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from pipeline.broker import Broker, FetchError
from pipeline.broker.installation import cache_folder
from pipeline.broker.jars import pinned, provide

pytestmark = pytest.mark.kafka


@pytest.fixture
def jars(kafka: str, tmp_path: Path) -> Path:
    """A copy of the jars that the session's broker runs from."""
    assert kafka
    for jar in pinned():
        shutil.copy(cache_folder() / jar.file_name, tmp_path)
    return tmp_path


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every download end at a port where nobody listens."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.mark.usefixtures("_no_network")
class TestWithoutNetwork:
    def test_a_later_start_works(self, kafka: str) -> None:
        """Once everything was fetched, a broker starts without network."""

        async def start() -> str:  # as some callers do, inside an event loop
            with Broker() as broker:
                return broker.bootstrap

        assert asyncio.run(start()) != kafka

    def test_a_first_start_says_what_to_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """With nothing fetched the error is one that a person can act on."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with pytest.raises(FetchError, match=r"Check the network .* --broker HOST:PORT"):
            Broker().start()

    def test_a_changed_jar_is_not_used(self, jars: Path) -> None:
        """A jar that differs from what is pinned is noticed, although only one byte of it differs."""
        provide(jars, print)
        victim = jars / next(jar.file_name for jar in pinned() if jar.artifact == "kafka-clients")
        content = bytearray(victim.read_bytes())
        content[len(content) // 2] ^= 1
        victim.write_bytes(content)
        with pytest.raises(FetchError):
            provide(jars, print)

    def test_sound_jars_are_not_fetched_again(self, jars: Path) -> None:
        """Jars without a note that they were checked, or with half a note, are checked and used."""
        paths = provide(jars, print)
        assert len(paths) == len(pinned())
        (jars / "checked.json").write_text("{")
        assert provide(jars, print) == paths

    def test_checked_jars_are_not_read_again(self, jars: Path) -> None:
        """What was found sound is not read at the next start, unless its size or its time of change differs."""
        provide(jars, print)
        victim = jars / pinned()[0].file_name
        status = victim.stat()
        victim.write_bytes(b"x" * status.st_size)
        os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns))
        provide(jars, print)
        os.utime(victim)
        with pytest.raises(FetchError):
            provide(jars, print)


class TestFetch:
    def test_mends_a_damaged_jar(self, jars: Path) -> None:
        """A damaged jar alone is fetched again, with a word about it."""
        damaged = min(pinned(), key=lambda jar: jar.size)
        (jars / damaged.file_name).write_bytes(b"damaged")
        said: list[str] = []
        provide(jars, said.append)
        assert (jars / damaged.file_name).stat().st_size == damaged.size
        assert said[0].endswith(": 0 MB, once")

    def test_refuses_what_is_not_pinned(self, jars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A download with another digest than the pinned one is refused and not kept."""
        wanted = min(pinned(), key=lambda jar: jar.size)
        (jars / wanted.file_name).unlink()
        pins = jars / "jars.sha256"
        pins.write_text(f"{'0' * 64} {wanted.size} {wanted.group}:{wanted.artifact}:{wanted.version}\n")
        monkeypatch.setattr("pipeline.broker.jars.PINS", pins)
        monkeypatch.setattr("pipeline.broker.jars.kafka_version", lambda: "0")
        with pytest.raises(FetchError, match=r"is not what jars\.sha256 pins"):
            provide(jars, print)
        assert not (jars / wanted.file_name).exists()
