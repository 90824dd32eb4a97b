"""What tests of several folders use: the embedded Kafka, and tests that are coroutines."""

import asyncio
import inspect
import os

import pytest

from pipeline.broker import Broker, BrokerError

BROKER = pytest.StashKey[Broker | BrokerError]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the broker, so that `-m "not kafka"` leaves them out."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the one broker of this run, if any test wants it, before a test's time-out counts what it downloads."""
    if session.config.option.collectonly or not any(item.get_closest_marker("kafka") for item in session.items):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    broker = Broker(progress=reporter.write_line if reporter else print)
    try:
        broker.start()
    except BrokerError as error:
        session.config.stash[BROKER] = error
    else:
        session.config.stash[BROKER] = broker
        session.config.add_cleanup(broker.stop)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> str:
    """Where the session's Kafka is found, localhost:PORT; all tests share it, so name topics and groups apart.

    Skips, with the reason, where there can be none; with CI set that is a failure.
    """
    broker = pytestconfig.stash[BROKER]
    if isinstance(broker, Broker):
        return broker.bootstrap
    reason = f"no embedded Kafka: {broker}"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
