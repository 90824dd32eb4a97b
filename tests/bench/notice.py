"""From the end of the minute that decides an incident until somebody knows of it.

    tests/bench/run notice

Every role with made-up users, 600 a minute, Alertmanager with the settings of deploy/, and the live page. Nine of ten
attempts at a bank begin to fail when the users come, as they would in production: in the middle of a minute. What is
told is how long after `updated_at` of the incident's first revision, the end of the deciding minute, it was delivered:
to the topic (a read_committed consumer), a webhook, the receiver behind Alertmanager, and a page that looks on.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from pipeline.broker.ports import free_ports
from tests.bench.cluster import broker, new_prefix
from tests.cli.records import committed
from tests.cli.running import eventually, fetch, finish, started
from tests.deploy.programs import alertmanager, serving
from tests.deploy.receiving import listening
from tests.deploy.sooner import write_alertmanager
from tests.deploy.users import users

WAYS = ("topic", "webhook", "alertmanager", "page")
PATIENCE_S = 180.0


class Noted:
    """When something came first, by the way it came, in s since 1970."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    def note(self, way: str) -> None:
        self.at.setdefault(way, time.time())


def look_on(url: str, noted: Noted) -> None:
    """As the live page's script does."""
    with urllib.request.urlopen(f"{url}/stream", timeout=PATIENCE_S) as updates:  # noqa: S310  # our own
        for line in updates:
            if line.startswith(b"data: "):
                told = json.loads(line[6:])["sections"]
                if told.get("incidents", {}).get("open"):
                    noted.note("page")
                    return


def watch(url: str, kafka: str, topic: str, noted: Noted) -> Callable[[], bool]:
    """Begin to look at page and topic; gives whether all ways have told."""
    threading.Thread(target=look_on, args=(url, noted), daemon=True).start()

    def complete() -> bool:
        if "topic" not in noted.at and committed(kafka, topic):
            noted.note("topic")
        return noted.at.keys() >= set(WAYS)

    return complete


def once(kafka: str, folder: Path, seed: int) -> dict[str, float]:
    """Seconds by way."""
    prefix, noted = new_prefix(), Noted()
    made = finish("topics", "--broker", kafka, "--topic-prefix", prefix, "--partitions", "4")
    if made.returncode:
        raise RuntimeError(made.stderr.decode())
    with ExitStack() as stack:
        # /webhook is told by the agent itself, /page and /ticket by Alertmanager.
        url = stack.enter_context(
            listening(lambda path, _: noted.note("webhook" if path == "webhook" else "alertmanager"))
        )
        write_alertmanager(folder, url, sooner=False)
        options = [f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}"]
        alerts_to = stack.enter_context(serving(folder, alertmanager(), *options, "--cluster.listen-address="))
        ready = []
        (page,) = free_ports(1)
        more = {
            "worker": (),
            "alerts": ("--alertmanager", alerts_to, "--webhook", f"{url}/webhook"),
            "dashboard": ("--port", str(page)),
        }
        for role, own in more.items():
            (admin,) = free_ports(1)
            command = [role, "--broker", kafka, "--topic-prefix", prefix, "--admin-port", str(admin)]
            command += ["--admin-host", "127.0.0.1", *own]
            stack.enter_context(started(folder / f"{role}.log", *command))
            ready.append(f"http://127.0.0.1:{admin}/readyz")
        eventually(lambda: all(fetch(at)[0] == 200 for at in ready), "every role is ready")
        complete = watch(f"http://127.0.0.1:{page}", kafka, f"{prefix}alerts", noted)
        stack.enter_context(users(kafka, f"{prefix}events", seed=seed, ago_s=0))
        eventually(complete, "everybody is told", within_s=PATIENCE_S)
        first = committed(kafka, f"{prefix}alerts")[0]
    decided_s = datetime.fromisoformat(first["updated_at"]).timestamp()
    print(f"seed {seed}: {first['summary']}", flush=True)
    return {way: noted.at[way] - decided_s for way in WAYS}


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests/bench/run notice", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--broker", metavar="HOST:PORT", help="of a Kafka; by default one is started")
    parser.add_argument("--rounds", type=int, default=3, help="each takes one to two minutes")
    options = parser.parse_args()
    rounds = []
    with broker(options.broker) as kafka:
        for seed in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(once(kafka, Path(folder), seed))
            print("   ".join(f"{way} {rounds[-1][way]:.1f} s" for way in WAYS), flush=True)
    for way in WAYS:
        seconds = [each[way] for each in rounds]
        print(f"{way}: median {statistics.median(seconds):.1f} s, most {max(seconds):.1f} s")


if __name__ == "__main__":
    main()
