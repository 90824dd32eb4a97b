"""python -m tests.soak.incident [--minutes 15]: an incident held that long through a real Alertmanager.

A real broker, the `alerts` process, and an Alertmanager that tells a receiver. An hour of quiet counts, then an outage
in real time, in the middle of which the process is killed with SIGKILL and started again; then it is over. The receiver
must have been told of it once, and once of its end.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from pipeline.broker import Broker
from pipeline.broker.ports import free_ports
from tests.alerts.counted import MINUTE_MS, minute_of
from tests.alerts.made import Door
from tests.alerts.test_alertmanager import alertmanager, notified
from tests.cli.records import new_prefix, produce
from tests.cli.running import eventually, fetch, finish, started

QUIET_MIN = 60
AFTER_MIN = 25
"""It takes some minutes to be sure that it is over, and Alertmanager some more to tell."""
FAILING = {"RBC": 24}
SETTLE_S = 7.0


async def hold(minutes: int, folder: Path, kafka: str) -> list[tuple[str, str]]:
    """What the receiver was told: (severity, status)."""
    prefix, began = new_prefix(), time.time()
    begin_ms = int(began * 1000) // MINUTE_MS * MINUTE_MS - QUIET_MIN * MINUTE_MS
    created = await asyncio.to_thread(finish, "topics", "--broker", kafka, "--topic-prefix", prefix)
    if created.returncode:
        raise RuntimeError(created.stderr.decode())
    (port,) = free_ports(1)

    async def tell(number: int) -> None:
        """A minute's counts, some seconds after its end."""
        over_s = (begin_ms + (number + 1) * MINUTE_MS) / 1000 + SETTLE_S
        await asyncio.sleep(max(0.0, over_s - time.time()))
        failing = FAILING if QUIET_MIN <= number < QUIET_MIN + minutes else None
        await asyncio.to_thread(produce, kafka, f"{prefix}counts", minute_of(number, failing, begin_ms))

    async with Door() as door:
        with alertmanager(folder, door.url) as url:
            command = ["alerts", "--broker", kafka, "--topic-prefix", prefix, "--admin-host", "127.0.0.1"]
            command += ["--admin-port", str(port), "--alertmanager", url]
            killed = QUIET_MIN + minutes // 2
            with started(folder / "first.log", *command) as process:
                await asyncio.to_thread(eventually, lambda: fetch(f"http://127.0.0.1:{port}/readyz")[0] == 200, "ready")
                for number in range(killed):
                    await tell(number)
                process.kill()
            print(f"{time.time() - began:6.0f} s: killed; told so far: {notified(door)}", flush=True)
            with started(folder / "second.log", *command):
                for number in range(killed, QUIET_MIN + minutes + AFTER_MIN):
                    await tell(number)
                    if ("page", "resolved") in notified(door):
                        break
        print(f"{time.time() - began:6.0f} s: told: {notified(door)}", flush=True)
        return notified(door)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.incident", description=__doc__)
    parser.add_argument("--minutes", type=int, default=15, help="how long the outage lasts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flinks-incident-") as folder:
        broker = Broker()
        broker.start()
        try:
            told = asyncio.run(hold(options.minutes, Path(folder), broker.bootstrap))
        finally:
            broker.stop()
    good = sorted(told) == [("page", "firing"), ("page", "resolved")]
    print("GOOD: one firing, one resolved" if good else f"BAD: {told}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
