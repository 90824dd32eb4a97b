"""A pipeline at work, and Prometheus and Alertmanager with the settings of deploy/ around it."""

import tomllib
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import orjson

from pipeline.broker.ports import free_ports
from tests.cli.records import committed, new_prefix
from tests.cli.running import eventually, fetch, finish, started
from tests.deploy.programs import alertmanager, asked, prometheus, serving
from tests.deploy.receiving import Told, receiving
from tests.deploy.roles import roles
from tests.deploy.sooner import SOON, write_alertmanager, write_prometheus
from tests.deploy.users import users


@dataclass
class Observed:
    processes: "dict[str, Popen[bytes]]"
    """By role, as docker-compose.yml names it."""
    metrics: dict[str, str]
    """URLs of the roles'."""
    collector: str
    prometheus: str
    alertmanager: str
    told: Told
    kafka: str
    prefix: str
    """Of the topics' names."""
    leave: Callable[[], None]
    """Let no more users come."""

    def ask(self, query: str) -> list[float]:
        """The values of all series."""
        return list(self.ask_by(query).values())

    def ask_by(self, query: str) -> dict[tuple[str, ...], float]:
        """The same by the values of its labels, in the order of their names."""
        found = asked(self.prometheus, "query", query=query)["result"]
        return {
            tuple(value for _, value in sorted(series["metric"].items())): float(series["value"][1]) for series in found
        }

    def topic(self, name: str) -> list[Any]:
        """Every record."""
        return committed(self.kafka, self.prefix + name)

    def send(self) -> None:
        """An event as a browser sends it."""
        (key,) = tomllib.loads(roles()["collector"]["environment"]["FLINKS_PIPELINE_KEYS_TOML"])["try"]["write_keys"]
        events = [{"id": str(uuid.uuid4()), "data": {"step": "APP_MOUNTED"}}]
        batch = {"v": 1, "key": key, "connect_session_id": str(uuid.uuid4()), "events": events}
        headers = {"content-type": "text/plain", "origin": "https://apply.example.com"}
        url = f"{self.collector}/v1/events"
        request = urllib.request.Request(url, orjson.dumps(batch), headers)  # noqa: S310  # our own
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own
            assert b'"accepted"' in answer.read()


@contextmanager
def observed(kafka: str, folder: Path) -> Iterator[Observed]:
    """Every role with made-up users, scraped; whoever is told of alerts is a web server here."""
    # Before anything is started: a program that is missing skips the test.
    programs = prometheus(), alertmanager()
    prefix = new_prefix()
    made = finish("topics", "--broker", kafka, "--topic-prefix", prefix, "--partitions", "2")
    assert made.returncode == 0, made.stderr
    with ExitStack() as stack:
        told = stack.enter_context(receiving())
        write_alertmanager(folder, told.url)
        options = [f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'alertmanager'}"]
        told_by = stack.enter_context(serving(folder, programs[1], *options, "--cluster.listen-address="))
        processes, addresses, doors = {}, {}, {}
        for role, service in roles().items():
            admin, port = free_ports(2)
            addresses[role] = f"127.0.0.1:{admin}"
            environment = {name: str(value) for name, value in service["environment"].items()} | {
                "FLINKS_PIPELINE_BROKER": kafka,
                "FLINKS_PIPELINE_TOPIC_PREFIX": prefix,
                "FLINKS_PIPELINE_ADMIN_HOST": "127.0.0.1",
                "FLINKS_PIPELINE_ADMIN_PORT": str(admin),
                "FLINKS_PIPELINE_HOST": "127.0.0.1",
                "FLINKS_PIPELINE_PORT": str(port),
                "FLINKS_PIPELINE_ALERTMANAGER": told_by,
            }
            processes[role] = stack.enter_context(started(folder / f"{role}.log", *service["command"], **environment))
            doors[role] = f"http://127.0.0.1:{port}"
        eventually(lambda: all(fetch(f"http://{at}/readyz")[0] == 200 for at in addresses.values()), "all are ready")
        leaving = stack.enter_context(ExitStack())
        leaving.enter_context(users(kafka, f"{prefix}events"))
        write_prometheus(folder, told_by, addresses)
        options = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prometheus'}"]
        # The first time it may not have found Alertmanager yet.
        options.append(f"--rules.alert.resend-delay={SOON}")
        watching = stack.enter_context(serving(folder, programs[0], *options))
        metrics = {role: f"http://{address}/metrics" for role, address in addresses.items()}
        yield Observed(
            processes,
            metrics,
            doors["collector"],
            watching,
            told_by,
            told,
            kafka,
            prefix,
            leaving.close,
        )
