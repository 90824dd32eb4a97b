"""The admin port over real HTTP."""

import asyncio
import socket

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.engine import Engine, Job, KafkaSettings
from pipeline.metrics import AdminServer, Metrics, unready_reason
from pipeline.sessions import SessionFold


async def fetch(server: AdminServer, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.get(f"{server.url}{path}") as answer:
        return answer.status, await answer.text()


def ask(path: str, reason: str | None = None, metrics: Metrics | None = None) -> tuple[int, str]:
    async def unready() -> str | None:
        return reason

    async def run() -> tuple[int, str]:
        server = AdminServer((metrics or Metrics()).registry, unready, host="127.0.0.1", port=0)
        await server.start()
        try:
            return await fetch(server, path)
        finally:
            await server.stop()

    return asyncio.run(run())


def engine_at(address: str) -> Engine:
    job = Job(group="g", agent="a", topic="t", changelog="c", make_fold=lambda partition, _: SessionFold(partition))
    return Engine(job, KafkaSettings(address))


class TestAdminServer:
    def test_metrics_are_prometheus_text(self) -> None:
        """A scraper can read them."""
        metrics = Metrics()
        metrics.duplicates.inc(3)
        status, text = ask("/metrics", metrics=metrics)
        samples = {sample.name: sample.value for f in text_string_to_metric_families(text) for sample in f.samples}
        assert status == 200
        assert samples["flinks_events_duplicate_total"] == 3

    def test_healthz_answers_while_the_process_is_not_ready(self) -> None:
        """Otherwise a slow restore would have it killed."""
        assert ask("/healthz", "restoring") == (200, "ok\n")

    def test_readyz_is_503_with_the_reason(self) -> None:
        """Whoever looks sees why."""
        assert ask("/readyz", "2 of 4 partitions run") == (503, "2 of 4 partitions run\n")

    def test_readyz_is_200_when_there_is_none(self) -> None:
        """Ready is when nothing is missing."""
        assert ask("/readyz") == (200, "ready\n")

    def test_a_taken_port_is_told(self) -> None:
        """By the operating system's error, which the command line explains."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            server = AdminServer(Metrics().registry, lambda: asyncio.sleep(0, None), host="127.0.0.1", port=port)
            with pytest.raises(OSError, match="address already in use"):
                asyncio.run(server.start())


class TestUnreadyReason:
    def test_tells_that_the_broker_is_away(self) -> None:
        """Even if everything else is well."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        reason = asyncio.run(unready_reason(engine_at(f"127.0.0.1:{port}")))
        assert reason == f"no broker can be reached at 127.0.0.1:{port}"

    def test_waits_for_the_group(self) -> None:
        """Before it has given partitions a worker is of no use."""
        with socket.create_server(("127.0.0.1", 0)) as broker:
            reason = asyncio.run(unready_reason(engine_at(f"127.0.0.1:{broker.getsockname()[1]}")))
        assert reason == "waiting for the consumer group to give partitions"

    def test_tells_why_the_engine_failed(self) -> None:
        """The failure goes before all else."""
        engine = engine_at("127.0.0.1:1")
        engine.failure = RuntimeError("the changelog contradicts the group")
        assert asyncio.run(unready_reason(engine)) == "the engine failed: the changelog contradicts the group"
