"""The embedded broker, from its start to its end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.broker import Broker, BrokerError, DataInUseError, MemoryShortError, PortTakenError, StartError, java
from pipeline.broker import broker as broker_module
from pipeline.broker.ports import free_ports

pytestmark = pytest.mark.kafka


@pytest.fixture(autouse=True)
def _broker_can_be_had(kafka: str) -> None:
    """These tests start brokers of their own: they need what the session's needs."""
    assert kafka


async def create_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(bootstrap: str, topic: str, value: bytes, *, commit: bool = True) -> None:
    """Produce one record in a transaction of its own."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-writer")
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, value)
        if commit:
            await producer.commit_transaction()
        else:
            await producer.abort_transaction()
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    """Read the first `count` committed records."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await asyncio.wait_for(consumer.getone(), 60)).value for _ in range(count)]
    finally:
        await consumer.stop()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has fetched yet is dead.
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" not in status.read_text()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


class TestBroker:
    def test_carries_transactions_and_is_gone_after_stop(self) -> None:
        """Committed records arrive, aborted ones do not; after stop neither process nor port nor data is left."""
        with Broker() as broker:
            assert broker.running
            process, port = broker.pid, int(broker.bootstrap.rpartition(":")[2])
            data = Path(f"/proc/{process}/cwd").resolve() if Path("/proc").exists() else None

            async def talk() -> list[bytes | None]:
                await create_topic(broker.bootstrap, "talk")
                await produce(broker.bootstrap, "talk", b"aborted", commit=False)
                await produce(broker.bootstrap, "talk", b"committed")
                return await read(broker.bootstrap, "talk", 1)

            assert asyncio.run(talk()) == [b"committed"]
        assert not broker.running
        assert not is_alive(process)
        assert data is None or not data.exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)

    def test_leaves_no_topic_behind(self, kafka: str) -> None:
        """Becoming ready creates no topic that a user would see."""

        async def topics() -> set[str]:
            admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
            await admin.start()
            try:
                return set(await admin.list_topics())
            finally:
                await admin.close()

        assert "ready" not in asyncio.run(topics())

    def test_kept_data_survives_stop_and_kill(self, tmp_path: Path) -> None:
        """Records in a folder of one's own are there after a clean stop, and after a crash; nobody else may use it."""
        broker = Broker(data=tmp_path / "kept")
        broker.start()
        asyncio.run(create_topic(broker.bootstrap, "kept"))
        asyncio.run(produce(broker.bootstrap, "kept", b"before the stop"))
        broker.stop()
        identity = (tmp_path / "kept/kafka/meta.properties").read_text()

        broker.start()
        asyncio.run(produce(broker.bootstrap, "kept", b"before the crash"))
        broker.kill()

        broker.start()
        try:
            assert asyncio.run(read(broker.bootstrap, "kept", 2)) == [b"before the stop", b"before the crash"]
            cluster = identity[identity.index("cluster.id") :].splitlines()[0]
            assert cluster in (tmp_path / "kept/kafka/meta.properties").read_text()

            with pytest.raises(DataInUseError, match="another broker runs"):
                Broker(data=tmp_path / "kept").start()
        finally:
            broker.stop()

    @pytest.mark.parametrize("kept", [False, True])
    def test_is_gone_when_its_starter_is_killed(self, tmp_path: Path, *, kept: bool) -> None:
        """SIGKILL of the process that started the broker takes the broker with it, and the data unless it is kept."""
        data = tmp_path / "kept" if kept else None
        program = (
            "import sys; from pathlib import Path; from pipeline.broker import Broker\n"
            f"broker = Broker(data={'Path(sys.argv[1])' if kept else None})\n"
            "broker.start(); print(broker.pid, broker._process._log.name, flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as starter:
            assert starter.stdout is not None
            pid, log = starter.stdout.readline().split()
            assert is_alive(int(pid))
            starter.kill()
        wait_for(lambda: not is_alive(int(pid)))
        if kept:
            assert Path(log).exists()
        else:
            wait_for(lambda: not Path(log).parent.exists())

    def test_is_out_of_reach_of_the_terminals_ctrl_c(self) -> None:
        """The broker is in a session of its own: Ctrl-C reaches its starter alone, which decides when it ends."""
        with Broker() as broker:
            assert os.getsid(broker.pid) != os.getsid(0)


class TestPort:
    def test_is_the_given_one(self) -> None:
        """A given port is used, and refused in words while another program listens on it."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with pytest.raises(PortTakenError, match=f"port {port} "):
                Broker(port).start()
        with Broker(port) as broker:
            assert broker.bootstrap == f"localhost:{port}"

    def test_lost_to_another_program_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When another program takes the free port in the moment before Kafka does, the broker takes another."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            lost = other.getsockname()[1]
            offers = [[lost, *free_ports(1)]]
            monkeypatch.setattr(broker_module, "free_ports", lambda n: offers.pop() if offers else free_ports(n))
            with Broker() as broker:
                assert broker.bootstrap != f"localhost:{lost}"
        assert not offers


class TestRefusal:
    def test_of_a_folder_that_holds_other_things(self, tmp_path: Path) -> None:
        """A folder that is not empty, and was no broker's, is left alone."""
        (tmp_path / "thesis.txt").touch()
        with pytest.raises(DataInUseError, match="not empty"):
            Broker(data=tmp_path).start()
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    @pytest.mark.skipif(not java.MEMINFO.exists(), reason="only Linux tells how much memory is free")
    def test_for_want_of_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """With less memory free than Java needs, nothing is started and the message says how much is missing."""
        meminfo = tmp_path / "meminfo"
        meminfo.write_text("MemTotal: 8000000 kB\nMemAvailable: 200000 kB\n")
        monkeypatch.setattr(java, "MEMINFO", meminfo)
        with pytest.raises(MemoryShortError, match="about 400 MB of memory and 195 MB are free"):
            Broker().start()

    def test_shows_why_kafka_ended(self, tmp_path: Path) -> None:
        """When Kafka ends while it starts, the error holds what it said."""
        data = tmp_path / "data"
        with Broker(data=data):
            pass
        identity = data / "kafka" / "meta.properties"
        identity.write_text(identity.read_text().replace("node.id=1", "node.id=7"))
        with pytest.raises(StartError, match=r"(?s)end of its log:\n.*node id 7"):
            Broker(data=data).start()

    def test_shows_why_java_did_not_start(self) -> None:
        """When Java itself refuses, the error holds what it said, and is a BrokerError as all are."""
        with pytest.raises(BrokerError, match="Invalid maximum heap size"):
            Broker(heap_mb=0).start()


class TestStop:
    def test_kills_a_broker_that_does_not_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A broker that does not react to SIGTERM within the grace is killed."""
        monkeypatch.setattr(broker_module, "STOP_GRACE_S", 0.5)
        broker = Broker()
        broker.start()
        pid = broker.pid
        os.kill(pid, signal.SIGSTOP)
        broker.stop()
        assert not is_alive(pid)
