"""tests/soak/page/run [--seconds N]: the live page under results of 5,000 events a second; see README.md."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from playwright.async_api import async_playwright

from pipeline.broker import Broker
from pipeline.dashboard.upserts import MOST
from tests.cli.running import started
from tests.dashboard import made
from tests.dashboard.topics import create
from tests.soak.page.feed import EVENTS_A_SESSION, counts, now_ms, results, send
from tests.soak.page.watch import NOTE_DELAYS, Samples, delays, waited_s

PREFIX = "soak."
TOPICS = ("events", "rejected", "sessions", "visits", "counts", "alerts")
HISTORY_S = 55 * 60
SAMPLE_S = 5
PATIENCE_S = 120
MOST_DELAY_MS = 2_000
MOST_GROWTH = 1.1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/page/run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--events", type=int, default=5_000, help="a second, of which the results are")
    parser.add_argument("--history", type=int, default=MOST, help="sessions told before the page starts")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


async def fill(producer: AIOKafkaProducer, options: argparse.Namespace, rng: random.Random) -> None:
    """As much as the page remembers at most, so that what grows afterwards is a leak."""
    await send(producer, PREFIX, results(rng, options.history, now_ms(), HISTORY_S * 1000))
    for minute in range(1, 60):
        await send(producer, PREFIX, counts(rng, options.events * 6, now_ms() - minute * made.MINUTE_MS))
    await producer.flush()


async def feed(producer: AIOKafkaProducer, options: argparse.Namespace, rng: random.Random) -> None:
    """Every second its results and counts, and of one incident another revision."""
    sessions = options.events // EVENTS_A_SESSION
    began_ms = now_ms()
    due = time.monotonic()
    for revision in range(1, 1_000_000):
        await send(producer, PREFIX, results(rng, sessions, now_ms(), 9 * made.MINUTE_MS))
        await send(producer, PREFIX, counts(rng, sessions, now_ms()))
        await producer.flush()
        sent = made.alert(started_ms=began_ms, revision=revision, summary=f"sent {now_ms()}")
        await producer.send_and_wait(f"{PREFIX}alerts", sent)
        due += 1 + rng.uniform(-0.3, 0.3)  # not in step with the page's own second
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def soak(kafka: str, options: argparse.Namespace, log: Path) -> bool:
    """Whether the page kept up."""
    rng = random.Random(options.seed)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, compression_type="zstd", max_batch_size=1 << 19)
    async with producer:
        began = time.monotonic()
        await fill(producer, options, rng)
        print(f"{options.history} sessions of history written in {time.monotonic() - began:.0f} s", flush=True)
        where = ("--broker", kafka, "--topic-prefix", PREFIX, "--port", "0", "--admin-port", "0")
        with started(log, "dashboard", *where) as process:
            while ", admin" not in log.read_text():  # noqa: ASYNC110, ASYNC240  # only asking tells; a short file
                await asyncio.sleep(0.1)
            url = log.read_text().partition("live page: ")[2].partition(",")[0]  # noqa: ASYNC240  # the same
            feeding = asyncio.create_task(feed(producer, options, rng))
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
                )
                page = await browser.new_page()
                await page.goto(url)
                began = time.monotonic()
                await page.wait_for_selector(".story .summary", timeout=PATIENCE_S * 1000)
                await page.wait_for_selector("#notice", state="hidden", timeout=PATIENCE_S * 1000)
                print(f"history shown {time.monotonic() - began:.1f} s after the page was opened", flush=True)
                samples = Samples()
                cdp = await page.context.new_cdp_session(page)
                await cdp.send("Performance.enable")
                await page.evaluate(NOTE_DELAYS)
                before = waited_s(process.pid)
                end = time.monotonic() + options.seconds
                while time.monotonic() < end:
                    await asyncio.sleep(SAMPLE_S)
                    await samples.take(process.pid, cdp)
                    if feeding.done():
                        feeding.result()
                ran, waited = (now - then for now, then in zip(waited_s(process.pid), before, strict=True))
                print(f"the server ran {ran:.1f} s, and waited {waited:.1f} s for a processor that others had")
                found = sorted(await delays(page))
                await browser.close()
            feeding.cancel()
    print(samples.report())
    p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
    print(f"{len(found)} updates: p50 {p50} ms, p99 {p99} ms, most {found[-1]} ms from the record to the page")
    if options.history < MOST:
        print("memory is not judged: it still fills with what the page remembers")
        return p99 < MOST_DELAY_MS
    flat = samples.growth(samples.server) < MOST_GROWTH and samples.growth(samples.heap) < MOST_GROWTH
    return p99 < MOST_DELAY_MS and flat and max(samples.nodes) < 2 * min(samples.nodes)


def main() -> int:
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="flinks-page-soak-"))
    broker = Broker(data=folder / "broker")
    (folder / "broker").mkdir()
    broker.start()
    try:
        create(broker.bootstrap, *(f"{PREFIX}{name}" for name in TOPICS))
        well = asyncio.run(soak(broker.bootstrap, options, folder / "log"))
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("all is well" if well else "NOT as it should be")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
