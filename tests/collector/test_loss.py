"""Nothing that was accepted is lost, whatever dies. The soak does the same for longer and with broker outages."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from pipeline.cli.prepare_topics import prepare_topics
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import KafkaSettings
from tests.cli.records import new_prefix
from tests.cli.running import PATIENCE_S, finish
from tests.collector.doors import UNLIMITED, WRITE_KEY, Door, opened
from tests.collector.loss import Found, compare
from tests.collector.processes import CollectorProcess, collectors, revive
from tests.collector.senders import Told, send

Incident = Callable[[CollectorProcess, Told], Awaitable[None]]


def under_load(kafka: str, folder: Path, incident: Incident) -> tuple[Found, Told]:
    """Senders go on while the incident happens; then the topic is compared with what they were told."""
    names = TopicNames(new_prefix())
    told = Told()

    async def run() -> None:
        await prepare_topics(KafkaSettings(kafka), names, partitions=3, replication=1)
        async with collectors(1, kafka, names.prefix, folder) as (collector,):
            stop = asyncio.Event()
            sending = asyncio.create_task(send([collector.url], WRITE_KEY, senders=20, stop=stop, told=told))
            await more(told)
            await incident(collector, told)
            await more(told)
            stop.set()
            await sending

    asyncio.run(run())
    return compare(kafka, names.events, told), told


async def more(told: Told, answers: int = 60) -> None:
    """Until so many more requests were accepted."""
    end = told.answers[200] + answers
    async with asyncio.timeout(PATIENCE_S):
        while told.answers[200] < end:  # noqa: ASYNC110  # only looking tells
            await asyncio.sleep(0.01)


def test_stopped_and_killed_under_load(kafka: str, tmp_path: Path) -> None:
    """SIGTERM ends with status 0 and every request that was accepted answered; SIGKILL loses nothing acknowledged."""

    async def incident(collector: CollectorProcess, told: Told) -> None:
        assert await collector.end(signal.SIGTERM) == 0
        await collector.start()
        await more(told)
        await collector.end(signal.SIGKILL)
        await collector.start()

    found, told = under_load(kafka, tmp_path, incident)
    assert found.right, found
    assert len(told.accepted) >= 900
    lines = [json.loads(line) for path in tmp_path.glob("*.log") for line in path.read_text().splitlines()]
    assert {"at", "level", "message", "logger"} == set(lines[0])
    assert any(line["message"].startswith("stopped, ") for line in lines)


def test_a_broker_that_dies(tmp_path: Path) -> None:
    """While it is away requests are refused with 503, and why is told; then all goes on."""
    broker = Broker(port=free_ports(1)[0], data=tmp_path / "kafka")
    broker.start()
    told = Told()

    async def run(door: Door) -> None:
        stop = asyncio.Event()
        urls = [f"http://127.0.0.1:{door.port}"]
        sending = asyncio.create_task(send(urls, WRITE_KEY, senders=10, stop=stop, told=told))
        await more(told)
        broker.kill()
        async with asyncio.timeout(PATIENCE_S):
            while not told.answers[503]:  # noqa: ASYNC110  # only looking tells
                await asyncio.sleep(0.01)
        assert "Kafka" in str(await door.collector.unready())
        await revive(broker)
        await more(told)
        stop.set()
        await sending

    try:
        with opened(broker.bootstrap, limits=replace(UNLIMITED, acknowledged_s=1.0)) as door:
            asyncio.run(run(door))
            found = compare(broker.bootstrap, f"{door.prefix}events", told)
    finally:
        broker.kill()
    assert found.right, found
    assert set(told.answers) == {200, 503}


class TestCommand:
    def test_errors_are_one_line(self, kafka: str, tmp_path: Path) -> None:
        """Without keys, with wrong ones, without a topic, without a broker."""
        keys = tmp_path / "keys.toml"
        keys.write_text('[lending]\nwrite_keys = ["wk_12345678"]\n')
        there = ["collector", "--port", "0", "--admin-port", "0", "--broker", kafka, "--topic-prefix", new_prefix()]
        for arguments, said in (
            (there, "give --keys FILE or FLINKS_PIPELINE_KEYS_TOML"),
            ([*there, "--keys", str(keys), "--base-path", "x"], "--base-path should be like /flinks"),
            ([*there, "--keys", str(keys)], "events is missing; create it with `flinks-pipeline topics`"),
        ):
            done = finish(*arguments)
            (line,) = done.stderr.decode().splitlines()
            assert done.returncode == 1
            assert said in line, line
