"""The life of `up`: prepare, show how it goes, stop, sum up."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress

from pipeline.cli.alerts_worker import Alerting, alerts_worker
from pipeline.cli.connection import kafka_settings
from pipeline.cli.failures import TopicsError
from pipeline.cli.logs import log_through
from pipeline.cli.prepare_topics import prepare_topics
from pipeline.cli.running import spare_the_collector, stop_on_signals, until_stopped
from pipeline.cli.sessions_worker import SessionsWorker, sessions_worker
from pipeline.cli.topic_plan import TopicNames
from pipeline.cli.up.counts import RunCounts
from pipeline.cli.up.door import OpenDoor, open_door
from pipeline.cli.up.embedded import EmbeddedKafka
from pipeline.cli.up.free_port import free_port
from pipeline.cli.up.guards import Guards, cancelled
from pipeline.cli.up.incidents import IncidentLines
from pipeline.cli.up.live import REFRESH_S, LiveLine
from pipeline.cli.up.page import live_page
from pipeline.cli.up.parts import Parts
from pipeline.cli.up.plan import Plan
from pipeline.cli.up.summary import sum_up
from pipeline.cli.up.users import Users
from pipeline.engine import Engine, KafkaSettings
from pipeline.sessions import Settings

PARTITIONS = 4
"""Of topics that `up` makes: enough to be shared by a few workers, few enough for a laptop."""
DRAIN_S = 1.0
"""At the end, for the agent to finish what the users did."""
LOOK_S = 0.05


class StopAsked(Exception):  # noqa: N818  # nothing is wrong
    """SIGINT or SIGTERM."""


async def run(plan: Plan, kafka: EmbeddedKafka | None, parts: Parts) -> None:
    """Do all of it; returns after a clean stop.

    Raises:
        Exception: a part can not be prepared, or ended by itself.
    """
    log_through(parts.say)
    names = TopicNames(plan.topic_prefix)
    counts = RunCounts(names)
    began = time.monotonic()
    try:
        async with Guards() as guards, AsyncExitStack() as stack:
            guards.add(_asked(stop_on_signals()))
            if kafka is not None:
                stack.push_async_callback(kafka.stop)
                guards.add(kafka.died())
            with parts:
                engine, users = await _prepare(plan, kafka, parts, counts, guards, stack)
            began = time.monotonic()
            with LiveLine(parts.console, engine, counts, users) as show:
                await guards.during(_as_long_as(plan.seconds), show=show, every_s=REFRESH_S)
    except StopAsked:
        pass
    except Exception as error:
        if kafka is not None:
            kafka.require_alive(error)
        raise
    sum_up(parts, counts, time.monotonic() - began, as_json=plan.as_json)


async def _prepare(
    plan: Plan,
    kafka: EmbeddedKafka | None,
    parts: Parts,
    counts: RunCounts,
    guards: Guards,
    stack: AsyncExitStack,
) -> tuple[Engine, Users | None]:
    """Start everything; what has been started is stopped by the stack, last first."""
    names = TopicNames(plan.topic_prefix)
    if kafka is None:
        settings = kafka_settings(plan.broker or "", plan.kafka_config)
    else:
        settings = KafkaSettings(await guards.during(kafka.started()))
    part = parts.begin("topics")
    new_topic = await guards.during(_topics(settings, names))
    part.ready(f"topics {', '.join(names.told)}")

    part = parts.begin("sessions agent")
    worker = await guards.during(stack.enter_async_context(_worker(plan, settings, names, counts)))
    engine = worker.engine
    guards.add(until_stopped(engine, asyncio.Event()))
    await guards.during(_until(lambda: engine.ready))
    held = sum(len(task.fold) for task in engine.tasks.values() if task.fold is not None)
    part.ready(f"sessions agent, {len(engine.tasks)} partitions" + (f", {held:,} visits restored" if held else ""))
    spare_the_collector()
    incidents = IncidentLines(parts.say)
    counts.incidents = incidents.found
    alerts = alerts_worker(settings, names, Alerting(), worker.metrics.registry, [worker.metrics.engine, incidents])
    watching = await guards.during(stack.enter_async_context(alerts))
    guards.add(until_stopped(watching, asyncio.Event()))
    worker.gauges.add(watching)
    door = await guards.during(stack.enter_async_context(open_door(plan, settings, names)))
    page = await guards.during(stack.enter_async_context(live_page(plan, settings, names)))
    guards.add(page.ended())
    users = None
    if plan.users_per_minute is not None:
        users = Users(plan, plan.users_per_minute, new_topic=new_topic)
        coming = guards.add(users.come(settings, names.events))
        stack.push_async_callback(_send_home, coming, engine)
    else:
        guards.add(door.tell_of_the_first(parts.say))
    _introduce(parts, settings, worker, door, page.url, users)
    return engine, users


async def _topics(kafka: KafkaSettings, names: TopicNames) -> bool:
    """Create those that are missing; whether the events topic was.

    Raises:
        TopicsError: one that exists is not as it has to be.
    """
    prepared = await prepare_topics(kafka, names, new_partitions=PARTITIONS)
    for topic in prepared:
        if topic.wrong:
            raise TopicsError(f"{topic.plan.name} is not as it has to be: {'; '.join(topic.wrong)}")
    return any(topic.was_missing and topic.plan.name == names.events for topic in prepared)


def _worker(
    plan: Plan, kafka: KafkaSettings, names: TopicNames, counts: RunCounts
) -> AbstractAsyncContextManager[SessionsWorker]:
    port = free_port(plan.admin_host, plan.admin_port) if plan.any_admin_port else plan.admin_port
    return sessions_worker(kafka, names, settings=Settings(), host=plan.admin_host, port=port, observers=[counts])


def _introduce(
    parts: Parts, kafka: KafkaSettings, worker: SessionsWorker, door: OpenDoor, page: str, users: Users | None
) -> None:
    url = worker.admin.url
    parts.say(f"\n  live page {page}")
    parts.say(f"  Kafka     {kafka.bootstrap}")
    parts.say(f"  collector {door.collector.url}")
    parts.say(f"  metrics   {url}/metrics")
    parts.say(f"  health    {url}/healthz  {url}/readyz")
    if users is not None:
        history = f", the first of them {users.history_ms // 60_000} minutes ago"
        parts.say(
            f"  users     {users.users_per_minute:g} made up a minute, seed {users.seed}"
            + (history if users.history_ms else "")
        )
        for incident in users.incidents:
            parts.say(
                f"  incident  {incident.share:.0%} of attempts at {incident.institution} meet {incident.code}, "
                f"{incident.start_ms / 1000:g} s from now for {incident.length_ms / 1000:g} s"
            )
    else:
        parts.say(f"\nInto a page with Flinks Connect:\n\n  {door.script_tag}")
        parts.say(f"\nOr an event by hand:\n\n  {door.curl}")
    parts.say("\nCtrl-C stops.\n")


async def _asked(stop: asyncio.Event) -> None:
    await stop.wait()
    raise StopAsked


async def _as_long_as(seconds: float | None) -> None:
    if seconds is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(seconds)


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  # nobody sets an event for it
        await asyncio.sleep(LOOK_S)


async def _send_home(coming: asyncio.Task[None], engine: Engine) -> None:
    """No more users; the agent may finish what they did."""
    await cancelled(coming)
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            await _until(lambda: not any(task.lag for task in engine.tasks.values()))
