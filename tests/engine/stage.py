"""Topics of one test, and what is true of them: what went in, what came out, what is kept."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.engine.mark import MARK_KEY, Mark, decode_mark

PATIENCE_S = 30.0
LOOK_S = 0.02
Row = tuple[int, bytes | None, bytes | None]
"""Partition, key, value."""


async def eventually(holds: Callable[[], bool | Awaitable[bool]], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait until a condition holds, or fail and tell what was waited for."""
    try:
        async with asyncio.timeout(within_s):
            while not (held if isinstance(held := holds(), bool) else await held):  # noqa: ASYNC110  of a broker
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:.0f} s: {what}") from None


@dataclass(frozen=True)
class Stage:
    """A group, its input, changelog and results; nothing of another test's is ever seen."""

    kafka: str
    name: str
    partitions: int

    @property
    def group(self) -> str:
        return f"{self.name}-group"

    @property
    def source(self) -> str:
        return f"{self.name}-events"

    @property
    def changelog(self) -> str:
        return f"{self.name}-changelog"

    @property
    def output(self) -> str:
        return f"{self.name}-results"

    # Before and during

    async def create(self, only: str | None = None) -> None:
        """Make the topics, or one of them, and wait until they can be used."""
        kinds = {
            self.source: {"message.timestamp.type": "LogAppendTime"},
            self.changelog: {"message.timestamp.type": "LogAppendTime", "cleanup.policy": "compact"},
            self.output: {},
        }
        async with self.admin() as admin:

            async def created() -> bool:
                missing = {only} if only else kinds.keys() - set(await admin.list_topics())
                answer = await admin.create_topics(
                    [NewTopic(name, self.partitions, 1, topic_configs=kinds[name]) for name in missing]
                )
                return all(code == 0 for _, code, *_ in answer.topic_errors)

            await eventually(created, "topics")

    async def produce(self, ids: Iterable[int], *, keys: int = 7, event_ms: int | None = None) -> None:
        """One record an id, spread over partitions and, within each, over this many keys."""
        suffix = b"" if event_ms is None else b"@%d" % event_ms
        async with self.producer() as producer:
            for number in ids:
                partition, rest = number % self.partitions, number // self.partitions
                key = b"key-%d-%d" % (partition, rest % keys)
                await producer.send(self.source, key=key, value=b"%d" % number + suffix, partition=partition)

    @asynccontextmanager
    async def producer(self, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
        """Sends what was given to it before it closes."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka, **({"linger_ms": 5} | settings))
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    # Afterwards

    async def drained(self, within_s: float = PATIENCE_S) -> None:
        """Wait until the group's offsets stand at the very end of the input, transaction markers included."""
        ends = await self.ends(self.source)

        async with self.admin() as admin:

            async def reached() -> bool:
                offsets = await admin.list_consumer_group_offsets(self.group)
                return {tp.partition: at.offset for tp, at in offsets.items() if at.offset >= 0} == {
                    partition: end for partition, end in ends.items() if end
                }

            await eventually(reached, f"{self.group} at {ends}", within_s)

    async def offsets(self) -> dict[int, int]:
        async with self.admin() as admin:
            offsets = await admin.list_consumer_group_offsets(self.group)
        return {tp.partition: at.offset for tp, at in offsets.items() if at.offset >= 0}

    async def ends(self, topic: str) -> dict[int, int]:
        async with self._reader() as reader:
            tps = [TopicPartition(topic, partition) for partition in range(self.partitions)]
            return {tp.partition: end for tp, end in (await reader.end_offsets(tps)).items()}

    async def read(self, topic: str, isolation: str = "read_committed") -> list[Row]:
        """All records that a reader sees."""
        rows: list[Row] = []
        async with self._reader(isolation) as reader:
            tps = [TopicPartition(topic, partition) for partition in range(self.partitions)]
            reader.assign(tps)
            ends = await reader.end_offsets(tps)
            for tp in tps:
                while await reader.position(tp) < ends[tp]:
                    fetched = await reader.getmany(tp, timeout_ms=200)
                    rows += [(r.partition, r.key, r.value) for records in fetched.values() for r in records]
        return rows

    async def results(self) -> list[Row]:
        return await self.read(self.output)

    async def states(self) -> dict[bytes, bytes]:
        """The last state of each key that is not done."""
        states = {key: value for _, key, value in await self.read(self.changelog) if key is not None}
        return {key: value for key, value in states.items() if value is not None and key != MARK_KEY}

    async def marks(self) -> dict[int, Mark]:
        rows = await self.read(self.changelog)
        return {partition: decode_mark(value) for partition, key, value in rows if key == MARK_KEY and value}

    async def accounted(self) -> Counter[int]:
        """How many times each id stands in the results and the kept states together."""
        values = [value for _, _, value in await self.results()] + [*(await self.states()).values()]
        return Counter(int(number) for value in values if value for number in value.split(b","))

    @asynccontextmanager
    async def _reader(self, isolation: str = "read_committed") -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.kafka,
            isolation_level=isolation,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
        )
        await reader.start()
        try:
            yield reader
        finally:
            await reader.stop()


async def stage(kafka: str, partitions: int = 2) -> Stage:
    """Topics with a name that no other test has."""
    made = Stage(kafka, f"engine-{uuid.uuid4().hex[:8]}", partitions)
    await made.create()
    return made


def once(ids: Iterable[int]) -> Counter[int]:
    """What `accounted` has to be when each of these was folded exactly once."""
    return Counter(ids)
