"""What Alertmanager is told, and what a real one makes of it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.alerts.notify.alertmanager import Alertmanager, Told, posted, told_after
from pipeline.broker.ports import free_ports
from tests.alerts.made import Door, alert, now
from tests.alerts.test_courier import until

NOON = datetime.fromisoformat("2026-03-02T12:02:00Z")
PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def clock() -> datetime:
    return datetime.now(UTC)


def labels(told: list[Told], at: datetime = NOON) -> list[tuple[str, str, datetime]]:
    return [
        (one["labels"]["incident"], one["labels"]["severity"], datetime.fromisoformat(one["endsAt"]))
        for one in posted(told, at)
    ]


class TestTold:
    def test_fires_for_four_minutes(self) -> None:
        """Said every minute, so that three may get lost."""
        told = told_after([], alert())
        assert labels(told) == [("incident", "page", NOON + timedelta(minutes=4))]
        assert labels(told, NOON + timedelta(hours=3)) == [("incident", "page", NOON + timedelta(hours=3, minutes=4))]

    def test_keeps_its_labels(self) -> None:
        """Whatever else a revision says."""
        told = told_after([], alert(kind="code_spike"))
        (first,) = posted(told, NOON)
        worse = {"visits": 99, "summary": "Worse.", "codes": ["A", "B"], "kind": "outage"}
        for state in ("updated", "resolved"):
            told = told_after(told, alert(revision=2, state=state, **worse))
            (then,) = posted(told, NOON)
            assert then["labels"] == first["labels"]
            assert then["annotations"]["summary"] == "Worse. Since 2026-03-02 12:00 UTC."

    def test_is_over_for_a_quarter_of_an_hour(self) -> None:
        """Then nobody says a word of it."""
        told = told_after(told_after([], alert()), alert(state="resolved", ended_at="2026-03-02T12:02:00Z"))
        assert labels(told, NOON + timedelta(minutes=14)) == [("incident", "page", NOON)]
        assert labels(told, NOON + timedelta(minutes=15)) == []
        assert [one.alert.id for one in told_after(told, alert(id="new", updated_at="2026-03-02T12:17:00Z"))] == ["new"]

    def test_another_severity_ends_the_old_one(self) -> None:
        """For Alertmanager they are two alerts."""
        told = told_after([], alert(severity="ticket"))
        told = told_after(told, alert(revision=2, state="updated", updated_at="2026-03-02T12:05:00Z"))
        later = NOON + timedelta(minutes=4)
        assert labels(told, later) == [
            ("incident", "ticket", NOON + timedelta(minutes=3)),
            ("incident", "page", later + timedelta(minutes=4)),
        ]


@contextmanager
def alertmanager(folder: Path, receiver: str) -> Iterator[str]:
    """A real one, which tells a receiver at once; gives its URL."""
    if PROGRAM is None:
        missing = "Alertmanager is not installed (Debian: apt install prometheus-alertmanager)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    assert PROGRAM is not None
    (port,) = free_ports(1)
    settings = folder / "alertmanager.yml"
    settings.write_text(
        f"""
route: {{receiver: door, group_by: [incident, severity], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: door, webhook_configs: [{{url: '{receiver}', send_resolved: true}}]}}]
"""
    )
    options = [f"--config.file={settings}", f"--storage.path={folder / 'data'}", "--cluster.listen-address="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, *options, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while process.poll() is None and not _is_ready(port):
            pass
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@asynccontextmanager
async def telling(url: str, told: list[Told], tries: list[str]) -> AsyncIterator[Alertmanager]:
    teller = Alertmanager([url], lambda: told, lambda _, outcome: tries.append(outcome), clock, every_s=0.2)
    work = asyncio.create_task(teller.run())
    try:
        yield teller
    finally:
        work.cancel()
        await asyncio.wait([work])


def notified(door: Door) -> list[tuple[str, str]]:
    """(Severity, status) of all that a receiver was told."""
    return [
        (one["labels"]["severity"], one["status"]) for _, body in door.requests for one in orjson.loads(body)["alerts"]
    ]


class TestAlertmanager:
    async def test_one_firing_one_resolved(self, tmp_path: Path) -> None:
        """However often it is said; and a change of severity is the end of the old one."""
        fields: dict[str, Any] = {"started_at": now(), "updated_at": now()}
        told = told_after([], alert(severity="ticket", **fields))
        tries: list[str] = []
        async with Door() as door:
            with alertmanager(tmp_path, door.url) as url:
                async with telling(url, told, tries) as teller:
                    await until(lambda: len(tries) > 5)
                    await until(lambda: notified(door) == [("ticket", "firing")])
                    told[:] = told_after(told, alert(revision=2, state="updated", started_at=now(), updated_at=now()))
                    teller.tell()
                    await until(lambda: len(notified(door)) >= 3)
                    told[:] = told_after(told, alert(revision=3, state="resolved", updated_at=now(), ended_at=now()))
                    teller.tell()
                    await until(lambda: len(notified(door)) >= 4)
                    seen = len(tries)
                    await until(lambda: len(tries) > seen + 5)
        assert sorted(notified(door)) == [
            ("page", "firing"),
            ("page", "resolved"),
            ("ticket", "firing"),
            ("ticket", "resolved"),
        ]
        assert set(tries) == {"sent"}

    async def test_a_dead_one_holds_up_nobody(self) -> None:
        """Not even of a name that none can have."""
        tries: list[str] = []
        told = told_after([], alert())
        urls = [f"http://{'hidden' * 12}.example.com", ""]
        async with Door() as door:
            urls[1] = door.url
            teller = Alertmanager(urls, lambda: told, lambda _, outcome: tries.append(outcome), clock, every_s=0.05)
            work = asyncio.create_task(teller.run())
            await until(lambda: tries.count("sent") > 2 and tries.count("failed") > 2)
            work.cancel()
            await asyncio.wait([work])

    async def test_is_tried_again(self) -> None:
        """An Alertmanager that is away is told as soon as it is back."""
        tries: list[str] = []
        async with Door([500, 503]) as door, telling(door.url, told_after([], alert()), tries):
            await until(lambda: "sent" in tries)
        assert tries[:3] == ["failed", "failed", "sent"]
        assert orjson.loads(door.requests[0][1])[0]["labels"]["alertname"] == "FlinksOutage"
