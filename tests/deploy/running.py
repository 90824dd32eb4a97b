"""A pipeline at work, and Prometheus and Alertmanager with the settings of deploy/ around it."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer

from pipeline.broker.ports import free_ports
from pipeline.cli.up.users import HistoryFirst
from pipeline.simulator.feed import PRODUCER_SETTINGS, feed
from tests.cli.records import new_prefix
from tests.cli.running import eventually, fetch, finish, started
from tests.deploy.programs import alertmanager, asked, prometheus, serving
from tests.deploy.settings import PROMETHEUS, yaml

ROLES: Final = {"flinks-worker"}
"""The jobs that run here; those of the other roles are left out of what is scraped."""
SOON: Final = "1s"
"""In place of what is scraped each ten seconds and fires after minutes."""


@dataclass
class Observed:
    worker: "Popen[bytes]"
    metrics: str
    """URL of the worker's."""
    prometheus: str
    alertmanager: str
    told: "Told"

    def ask(self, query: str) -> list[float]:
        """The values of all series."""
        return [float(series["value"][1]) for series in asked(self.prometheus, "query", query=query)["result"]]


@contextmanager
def observed(kafka: str, folder: Path) -> Iterator[Observed]:
    """A worker with made-up users, scraped; whoever is told of alerts is a web server here."""
    # Before anything is started: a program that is missing skips the test.
    programs = prometheus(), alertmanager()
    prefix = new_prefix()
    on_broker = ["--broker", kafka, "--topic-prefix", prefix]
    made = finish("topics", *on_broker, "--partitions", "2")
    assert made.returncode == 0, made.stderr
    (port,) = free_ports(1)
    with ExitStack() as stack:
        told = stack.enter_context(receiving())
        admin = ["--admin-host", "127.0.0.1", "--admin-port", str(port)]
        worker = stack.enter_context(started(folder / "worker.log", "worker", *on_broker, *admin))
        metrics = f"http://127.0.0.1:{port}/metrics"
        eventually(lambda: fetch(metrics)[0] == 200, "the worker has metrics")
        stack.enter_context(users(kafka, f"{prefix}events"))
        _alertmanager_settings(folder, told.url)
        told_by = stack.enter_context(
            serving(
                folder,
                programs[1],
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alertmanager'}",
                "--cluster.listen-address=",
            )
        )
        _prometheus_settings(folder, told_by, {"flinks-worker": f"127.0.0.1:{port}"})
        watching = stack.enter_context(
            serving(
                folder,
                programs[0],
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                # The first time it may not have found Alertmanager yet.
                f"--rules.alert.resend-delay={SOON}",
            )
        )
        yield Observed(worker, metrics, watching, told_by, told)


def _prometheus_settings(folder: Path, alertmanager_url: str, targets: dict[str, str]) -> None:
    """Those of deploy/, but for where things are, and much sooner."""
    settings = yaml(PROMETHEUS / "prometheus.yml")
    settings["global"] = dict.fromkeys(settings["global"], SOON)
    settings["alerting"]["alertmanagers"] = [
        {"static_configs": [{"targets": [alertmanager_url.removeprefix("http://")]}]}
    ]
    settings["scrape_configs"] = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [targets[job["job_name"]]]}]}
        for job in settings["scrape_configs"]
        if job["job_name"] in ROLES
    ]
    _write(folder / "prometheus.yml", settings)
    for name in settings["rule_files"]:
        rules = yaml(PROMETHEUS / name)
        for group in rules["groups"]:
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = SOON
        _write(folder / name, rules)


def _alertmanager_settings(folder: Path, url: str) -> None:
    settings = yaml(PROMETHEUS / "alertmanager.yml")
    settings["route"] |= {"group_wait": SOON, "group_interval": SOON}
    for receiver in settings["receivers"]:
        receiver["webhook_configs"] = [{"url": f"{url}/{receiver['name']}", "send_resolved": True}]
    _write(folder / "alertmanager.yml", settings)


def _write(path: Path, settings: Any) -> None:
    path.write_bytes(msgspec.yaml.encode(settings))


@dataclass
class Told:
    """What receivers were told of."""

    url: str = ""
    alerts: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Receiver, labels, and firing or resolved."""


@contextmanager
def receiving() -> Iterator[Told]:
    """A server that keeps what Alertmanager posts to it."""
    told = Told()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver = self.path.strip("/")
            told.alerts += [(receiver, alert["labels"], alert["status"]) for alert in body["alerts"]]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield told
        finally:
            server.shutdown()


@contextmanager
def users(kafka: str, topic: str) -> Iterator[None]:
    """Made-up ones, who came from 20 minutes ago on and go on to come."""
    simulation = HistoryFirst(7, 600.0, time.time_ns() // 1_000_000, ())
    loop = asyncio.new_event_loop()

    async def come() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka, **PRODUCER_SETTINGS) as producer:
            await feed(simulation, producer, topic)

    coming = loop.create_task(come())

    def run() -> None:
        loop.run_until_complete(asyncio.wait([coming]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(coming.cancel)
        thread.join()
        loop.close()
