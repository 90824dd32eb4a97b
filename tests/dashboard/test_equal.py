"""The page's numbers are those of the topics over the same span."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.cli.dashboard_run import page_names
from pipeline.cli.topic_plan import TopicNames
from pipeline.dashboard import Dashboard, Settings
from pipeline.dashboard.model import SETTLED_MINUTES
from pipeline.engine import KafkaSettings
from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.times import parse_ms
from tests.cli.records import committed, new_prefix
from tests.cli.running import PATIENCE_S, eventually, fetch, metric, started
from tests.dashboard.made import MINUTE_MS

Sections = dict[str, Any]


@pytest.fixture(scope="module")
def prefix(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Topics that `up` has filled, with an outage among it."""
    prefix, log = new_prefix(), tmp_path_factory.mktemp("up") / "log"
    where = ("--broker", kafka, "--topic-prefix", prefix, "--admin-port", "0", "--dashboard-port", "0")
    users = ("--simulate", "600", "--seed", "4", "--incident", "RBC:RETRY_LATER:0.9@0s+5m")
    with started(log, "up", *where, *users) as process:
        url = eventually(lambda: _after(log, "live page "), "an address")
        assert "<h1>Flinks Connect, live</h1>" in fetch(url)[1]
        metrics = eventually(lambda: _after(log, "metrics   "), "another address")
        eventually(lambda: metric(metrics, "flinks_sessions_total") > 300, "sessions", every_s=1)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    return prefix


def _after(log: Path, label: str) -> str:
    return next((line.partition(label)[2] for line in log.read_text().splitlines() if label in line), "")


def looked(kafka: str, prefix: str, *filters: dict[str, str]) -> list[tuple[int, Sections]]:
    """Time and sections that a page gets under each filter, from a new start."""

    async def run() -> list[tuple[int, Sections]]:
        settings = Settings(port=0)
        async with (
            Dashboard(KafkaSettings(kafka), page_names(TopicNames(prefix)), settings) as page,
            aiohttp.ClientSession() as client,
        ):
            async with asyncio.timeout(PATIENCE_S):
                while await page.unready():  # noqa: ASYNC110  # nobody sets an event for it
                    await asyncio.sleep(0.05)
            found = []
            for each in filters:
                async with client.get(f"{page.url}stream", params=each) as answer:
                    await answer.content.readuntil(b"data: ")
                    told = json.loads(await answer.content.readline())
                    found.append((told["now_ms"], told["sections"]))
            return found

    return asyncio.run(run())


def latest(rows: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """As a consumer has them who upserts by id and revision; without the sandbox, as in the counts."""
    upserted = {row[name]: row for row in sorted(rows, key=lambda row: int(row["revision"]))}
    return [row for row in upserted.values() if row["institution"] != "FlinksCapital"]


class TestEqual:
    def test_sessions_and_counts(self, kafka: str, prefix: str) -> None:
        """Everything, an app, and a platform; and the same after a restart."""
        counts = [row for row in committed(kafka, f"{prefix}counts") if row["minute"]]
        sessions = latest(committed(kafka, f"{prefix}sessions"), "session_id")
        visits = latest(committed(kafka, f"{prefix}visits"), "visit_id")
        assert len(sessions) > 300
        filters: list[dict[str, str]] = [{}, {"app": "lending"}, {"platform": "ios"}]
        for asked, (now_ms, sections) in zip(filters, looked(kafka, prefix, *filters), strict=True):
            self._same_sessions(self._taken(sessions, asked), now_ms, sections["sessions"])
            by_counts = "platform" not in asked
            rows = [_as_row(row) for row in self._taken(counts if by_counts else visits, asked)]
            self._same_figures(rows, now_ms, sections, by_counts=by_counts)
        (_, again), (_, before) = looked(kafka, prefix, {})[0], looked(kafka, prefix, {})[0]
        assert again["sessions"]["outcomes"] == before["sessions"]["outcomes"]
        assert again["latest"] == before["latest"]

    @staticmethod
    def _taken(rows: Iterable[dict[str, Any]], asked: dict[str, str]) -> list[dict[str, Any]]:
        return [row for row in rows if all(row[name] == value for name, value in asked.items())]

    @staticmethod
    def _same_sessions(sessions: list[dict[str, Any]], now_ms: int, section: Sections) -> None:
        span = range(section["from_ms"], now_ms + 1)
        shown = [row for row in sessions if parse_ms(row["started_at"]) in span and row["kind"] == "connect"]
        assert section["sessions"] == len(shown) > 0
        assert section["outcomes"] == Counter(row["outcome"] for row in shown)
        codes = Counter(
            row["failure_code"] if row["failure_code"] in CATALOGUE else "unknown"
            for row in shown
            if row["failure_code"]
        )
        assert {row["code"]: row["sessions"] for row in section["codes"]}.items() <= codes.items()
        ended = Counter(row["furthest_stage"] for row in shown)
        assert {row["stage"]: row["last"] for row in section["funnel"] if row["last"]} == {
            stage: number for stage, number in ended.items() if stage
        }
        assert section["funnel"][0]["sessions"] == len(shown) - ended[None]

    @staticmethod
    def _same_figures(rows: list[dict[str, Any]], now_ms: int, sections: Sections, *, by_counts: bool) -> None:
        whole = sections["now"]
        assert whole["source"] == ("counts" if by_counts else "results")
        last = now_ms - now_ms % MINUTE_MS - (0 if by_counts else SETTLED_MINUTES * MINUTE_MS)
        for name in ("visits", "attempts", "completions"):
            sums = Counter[int]()
            for row in rows:
                sums[row["minute_ms"]] += row[name]
            assert whole["series"][name] == [sums[last + place * MINUTE_MS] for place in range(-59, 1)]
            assert whole[name] == sum(sums[last + place * MINUTE_MS] for place in range(-4, 1))
            assert sum(whole["series"][name]) > 0
        attempts = Counter[str]()
        for row in rows:
            if whole["from_ms"] <= row["minute_ms"] <= last and row["institution"] not in {"unknown", None}:
                attempts[row["institution"]] += row["attempts"]
        assert {row["name"]: row["attempts"] for row in sections["banks"] if row["attempts"]} == +attempts


def _as_row(row: dict[str, Any]) -> dict[str, Any]:
    """A count or a visit alike."""
    at_ms = parse_ms(row.get("minute") or row["started_at"])
    numbers = {"visits": row.get("visits", 1), "completions": row.get("completions", int(row.get("converted", 0)))}
    return {
        "minute_ms": at_ms - at_ms % MINUTE_MS,
        "institution": row["institution"],
        "attempts": row["attempts"],
    } | numbers
