"""A data folder for one Kafka node that is broker and controller at once, and its settings."""

import base64
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.broker.errors import DataInUseError

# Where clients find the broker, and what Kafka binds to: nobody else on the network reaches it.
HOST = "localhost"
ADDRESS = "127.0.0.1"

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{address}:{controller_port}
listeners=PLAINTEXT://{address}:{port},CONTROLLER://{address}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}

# One node holds every copy there is.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# Quick to start: partitions of its own topics and threads for a small machine, no waiting for more members.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
num.io.threads=4
background.threads=4

# A crashed broker that starts again is let in once its former self is given up: 9 s unless told otherwise.
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=1000

# Topics are made on purpose; what a cleaner or a deletion frees is freed soon.
auto.create.topics.enable=false
log.cleaner.backoff.ms=1000
log.cleaner.dedupe.buffer.size=33554432
log.segment.delete.delay.ms=5000

# A dead worker's open transaction holds back every reader: it ends within a second of its time-out.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
"""


LOGS = "kafka"
LOG_NAME = "kafka.log"
LOCK_NAME = "in-use"
SETTINGS_NAME = "server.properties"
BOOTSTRAP_NAME = "bootstrap.checkpoint"


@contextmanager
def claimed(data: Path) -> Iterator[int]:
    """Make `data` ours for as long as the yielded file descriptor, or a copy of it in a child, stays open.

    Raises:
        DataInUseError: a broker runs on this folder, or it holds something else than a broker's data.
    """
    data.mkdir(parents=True, exist_ok=True)
    if any(data.iterdir()) and not (data / LOCK_NAME).exists():
        raise DataInUseError(f"{data} is not empty and holds no broker's data: name a new or an empty folder")
    lock = os.open(data / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataInUseError(f"another broker runs on {data}: stop it first, or name another folder") from error
    else:
        yield lock
    finally:
        os.close(lock)


def write_settings(data: Path, port: int, controller_port: int) -> None:
    """Write server.properties; its paths are relative, so Kafka is to be run in `data`.

    Args:
        data: the folder.
        port: for clients.
        controller_port: for the controller, which only the broker itself uses.
    """
    settings = SETTINGS.format(host=HOST, address=ADDRESS, port=port, controller_port=controller_port, logs=LOGS)
    (data / SETTINGS_NAME).write_text(settings)


def format_once(data: Path, bootstrap: Path) -> None:
    """Do what Kafka's format tool does, without its two seconds; a folder that has been formatted stays as it is.

    Args:
        data: the folder.
        bootstrap: what the format tool wrote for this version of Kafka: the feature levels of a new cluster.
    """
    logs = data / LOGS
    identity = logs / "meta.properties"
    if not identity.exists():
        logs.mkdir(exist_ok=True)
        shutil.copyfile(bootstrap, logs / BOOTSTRAP_NAME)
        identity.write_text(f"version=1\nnode.id=1\ncluster.id={new_id()}\ndirectory.id={new_id()}\n")


def new_id() -> str:
    """Make a Kafka Uuid: 16 bytes in URL-safe base 64, which must not begin with a dash."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
