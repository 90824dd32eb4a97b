"""The same secrets through a worker of its own, on a real broker."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from click.testing import CliRunner

from pipeline.broker.ports import free_ports
from pipeline.cli import main
from pipeline.cli.topic_plan import TopicNames
from pipeline.flinks.event import Event, write
from tests.cli.records import new_prefix, produce
from tests.cli.running import eventually, fetch, started
from tests.flinks.secrets import leaks
from tests.flinks.test_privacy import verdicts

SEED, MESSAGES = 20, 60


def values() -> Iterator[bytes]:
    """Events as they are read, and raw messages as if somebody had put them onto the topic."""
    for raw, verdict in verdicts(SEED, MESSAGES):
        yield orjson.dumps(raw)
        if isinstance(verdict, Event):
            yield write(verdict)


def content(kafka: str, topic: str) -> list[bytes]:
    """Keys, values and headers of a topic of one partition."""

    async def run() -> list[bytes]:
        async with AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False) as consumer:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            end = (await consumer.end_offsets([partition]))[partition]
            found: list[bytes] = []
            while await consumer.position(partition) < end:
                for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, ()):
                    headers = [part for name, value in record.headers for part in (name.encode(), value)]
                    found += [part for part in (record.key, record.value, *headers) if part]
            return found

    return asyncio.run(run())


class TestWorker:
    def test_shows_no_secret(self, kafka: str, tmp_path: Path) -> None:
        """Neither on a topic that it writes, nor in its log, its metrics and its health."""
        topics = TopicNames(new_prefix())
        made = CliRunner().invoke(
            main, ["topics", "--broker", kafka, "--topic-prefix", topics.prefix, "--partitions", "1"]
        )
        assert made.exit_code == 0, made.output
        given = list(values())
        produce(kafka, topics.events, given)
        assert leaks(content(kafka, topics.events))

        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        log = tmp_path / "worker.log"
        arguments = ["--broker", kafka, "--topic-prefix", topics.prefix, "--admin-host", "127.0.0.1"]
        with started(log, "worker", *arguments, "--admin-port", str(port), "--include-sandbox"):
            rejected = len(list(verdicts(SEED, MESSAGES)))
            eventually(
                lambda: sum(b'"reason"' in part for part in content(kafka, topics.rejected)) == rejected, "rejected"
            )
            pages = [fetch(f"{url}/{page}")[1] for page in ("metrics", "healthz", "readyz")]
        written = {topic: content(kafka, topic) for topic in topics.all if topic != topics.events}
        assert written[topics.changelog]
        for topic, parts in written.items():
            assert leaks(parts) == [], topic
        assert leaks([*pages, log.read_bytes()]) == []
        assert "flinks_events_total" in pages[0]
