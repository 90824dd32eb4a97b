"""The last session of a quiet night, through the sessions job on a real broker."""

import asyncio
import time

from click.testing import CliRunner

from pipeline.cli import main
from pipeline.cli.running import running
from pipeline.cli.sessions_job import sessions_job
from pipeline.cli.topic_plan import TopicNames
from pipeline.engine import Engine, KafkaSettings, StreamClock
from pipeline.sessions import Settings
from tests.cli.records import committed, new_prefix, produce
from tests.cli.running import PATIENCE_S
from tests.metrics.events import NOON_MS, event


class TestSessionsJob:
    def test_closes_on_time_without_further_events(self) -> None:
        """A completed session closes 30 s and 60 s of disorder after its last event, or within a tick of timers."""
        clock = StreamClock(disorder_ms=60_000)
        agent = sessions_job(TopicNames("x."), Settings()).make_fold(0, clock)
        agent.process([(0, NOON_MS, None, event(at_ms=NOON_MS, name="REDIRECT"))])
        agent.advance(clock.idle(NOON_MS + 89_999))
        assert set(agent.take_changes().results) == {"x.counts"}
        agent.advance(clock.idle(NOON_MS + 91_100))
        assert set(agent.take_changes().results) == {"x.sessions", "x.visits"}

    def test_really_closes_on_an_idle_partition(self, kafka: str) -> None:
        """One event and then nothing but time, of which a watermark that runs 29 s ahead leaves one second to wait."""
        prefix = new_prefix()
        names = TopicNames(prefix)
        made = CliRunner().invoke(main, ["topics", "--broker", kafka, "--topic-prefix", prefix, "--partitions", "1"])
        assert made.exit_code == 0, made.output
        value = event(at_ms=time.time_ns() // 1_000_000, name="REDIRECT")
        produce(kafka, names.events, [value])

        async def run() -> None:
            engine = Engine(sessions_job(names, Settings(), disorder_ms=-29_000), KafkaSettings(kafka))
            async with running(engine), asyncio.timeout(PATIENCE_S):
                while not await asyncio.to_thread(committed, kafka, names.sessions):  # noqa: ASYNC110  # a topic
                    await asyncio.sleep(0.1)

        asyncio.run(run())
        (session,) = committed(kafka, names.sessions)
        assert (session["outcome"], session["closed_by"]) == ("completed", "terminal")
