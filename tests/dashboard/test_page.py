"""The page in Chromium, as a person on call has it."""

import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.busy import alone
from tests.cli.records import new_prefix
from tests.cli.running import PATIENCE_S, eventually, fetch, finish, started
from tests.collector.pages import chromium
from tests.dashboard import made
from tests.dashboard.topics import create, write
from tests.metrics.events import event

REQUEST_ID = "3ae42728-180c-4abd-aebc-34d7303f9dcf"
SERIOUS = {"serious", "critical"}
MINUTES = 60
HOUR_MS = MINUTES * made.MINUTE_MS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium", pytrace=False)
        pytest.skip("no Chromium (Debian: apt install chromium)")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        ) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def prefix(kafka: str) -> str:
    """Topics of an hour in which RBC went down ten minutes ago; nothing looks for incidents yet."""
    prefix = new_prefix()
    create(kafka, *(f"{prefix}{name}" for name in ("events", "rejected", "sessions", "visits", "counts")))
    now_ms = _now_ms()
    counts, sessions, visits = [], [], []
    for minute in range(MINUTES):
        at_ms = now_ms - minute * made.MINUTE_MS
        for bank in ("RBC", "TD", "BMO"):
            bad = bank == "RBC" and minute < 10
            codes = {"RETRY_LATER": 17} if bad else {"INVALID_LOGIN": 2}
            counts.append(
                made.count(
                    at_ms=at_ms,
                    watermark_ms=now_ms + HOUR_MS,  # however long these tests take, no worker is behind
                    institution=bank,
                    visits=22,
                    attempts=20,
                    completions=2 if bad else 16,
                    codes=codes,
                )
            )
            if 0 < minute < MINUTES - 10:  # none leaves the hour meanwhile
                failed: dict[str, Any] = {
                    "outcome": "failed",
                    "failure_code": "RETRY_LATER",
                    "furthest_stage": "submitted",
                }
                platform: dict[str, Any] = {"platform": "ios"} if bank == "BMO" else {}
                sessions.append(made.session(at_ms=at_ms, institution=bank, **(failed if bad else {}), **platform))
                visits.append(made.visit(at_ms=at_ms, institution=bank, converted=not bad, **platform))
    write(kafka, f"{prefix}counts", counts)
    write(kafka, f"{prefix}sessions", sessions)
    write(kafka, f"{prefix}visits", visits)
    steps = ["APP_MOUNTED", "SUBMIT_CREDENTIAL", "RETRY_LATER"]
    write(
        kafka,
        f"{prefix}events",
        [
            event(
                at_ms=now_ms + place, name=name, visit=str(uuid.UUID(int=7)), request_id=REQUEST_ID, institution="RBC"
            )
            for place, name in enumerate(steps)
        ],
    )
    return prefix


@pytest.fixture(scope="module")
def options(kafka: str, prefix: str) -> tuple[str, ...]:
    return ("dashboard", "--broker", kafka, "--topic-prefix", prefix, "--admin-port", "0")


@pytest.fixture(scope="module")
def url(options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("page") / "log"
    with started(log, *options, "--port", "0") as process:
        yield _address(log)
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, log.read_text()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """An open page; whatever it asks another server for, or complains of, fails the test."""
    wrong: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.on("request", lambda request: _note(wrong, request.url, if_not=request.url.startswith(url)))
        page.on("console", lambda line: _note(wrong, line.text, if_not=line.type not in {"error", "warning"}))
        page.on("pageerror", lambda error: _note(wrong, str(error), if_not=False))
        page.goto(url)
        expect(page.locator("#as-of")).to_contain_text("as of", timeout=20_000)
        expect(page.locator("#notice")).to_be_hidden(timeout=20_000)
        yield page
    assert not wrong


def _note(wrong: list[str], text: str, *, if_not: bool) -> None:
    if not if_not:
        wrong.append(text)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _address(log: Path) -> str:
    return eventually(lambda: log.read_text().partition("live page: ")[2].partition(",")[0], "an address")


def _admin(log: Path) -> str:
    return log.read_text().partition("admin port: ")[2].strip()


def _serious(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS]


class TestPage:
    """In this order: at first nothing looks for incidents, then one is told of."""

    def test_without_detection(self, page: Page) -> None:
        """Calmly: nobody looks for incidents here, and which bank is far below usual is seen all the same."""
        expect(page.locator("#headline")).to_contain_text("alerts agent is not running")
        story = page.locator(".story")
        expect(story).to_have_count(1)
        expect(story.locator("h3")).to_contain_text("RBC is far below usual")
        expect(story).to_contain_text(re.compile(r"for (9|1\d) minutes"))
        expect(story).to_contain_text("about 170 people")
        expect(story).to_contain_text("RBC can not be reached at the moment")
        expect(page.locator("#banks tbody tr").first).to_contain_text("Far below usual")
        expect(page).to_have_title("(!) RBC is far below usual")

    def test_a_filter_and_a_reload(self, page: Page, url: str) -> None:
        """What is chosen stands in the address, and stays after a reload."""
        page.select_option("select[name=platform]", "ios")
        expect(page.locator("#banks tbody tr")).to_have_count(1)
        expect(page.locator("#now-note")).to_contain_text("up to twelve minutes")
        assert page.url == f"{url}?platform=ios"
        page.reload()
        expect(page.locator("#banks tbody tr")).to_have_count(1)
        expect(page.locator("#banks tbody th")).to_have_text("BMO")
        assert page.input_value("select[name=platform]") == "ios"

    def test_search_by_keyboard(self, page: Page) -> None:
        """A session's timeline; what is not found is said."""
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.focus("#wanted")
        page.keyboard.type(REQUEST_ID)
        page.keyboard.press("Enter")
        expect(page.locator("#found h3")).to_have_text(REQUEST_ID, timeout=30_000)
        expect(page.locator("#found tbody tr")).to_have_count(3)
        expect(page.locator("#found")).to_contain_text("Flinks can not reach the institution now")
        page.fill("#wanted", str(uuid.UUID(int=1)))
        page.keyboard.press("Enter")
        expect(page.locator("#search-state")).to_contain_text("Nothing of", timeout=30_000)

    def test_an_incident_comes_and_goes(self, kafka: str, prefix: str, page: Page) -> None:
        """On top with its story; what is told of it is there within two seconds; markup is shown and not done."""
        create(kafka, f"{prefix}alerts")
        began_ms = _now_ms() - 10 * made.MINUTE_MS
        write(kafka, f"{prefix}alerts", [made.alert(started_ms=began_ms)])
        expect(page.locator("#headline")).to_have_text("1 incident going on.", timeout=15_000)
        story = page.locator(".story")
        expect(story).to_have_count(1)
        expect(story).to_contain_text("RBC: most logins fail")
        expect(story).to_contain_text("81 % of attempts, usually 5 %")
        expect(story.locator("[data-fact='Now']")).to_contain_text(
            re.compile(r"\d+ % of attempts connect in the last five minutes, usually \d+ %")
        )
        expect(story.locator(".samples code")).to_have_text(REQUEST_ID)
        # The first one waits for the pages' second and the browser's next frame, as any does.
        for revision in (2, 3, 4):
            summary = f"<b>Revision</b> {revision}"
            write(kafka, f"{prefix}alerts", [made.alert(started_ms=began_ms, revision=revision, summary=summary)])
            expect(story).to_contain_text(summary, timeout=alone(2_000))
        write(kafka, f"{prefix}alerts", [made.alert(started_ms=began_ms, revision=5, state="resolved")])
        expect(page.locator("#headline")).to_contain_text("No incident is open.", timeout=alone(2_000))
        expect(page.locator("#over")).to_contain_text("1")

    def test_silence(self, kafka: str, prefix: str, page: Page) -> None:
        """Nobody comes: that is not 0 people, and the summary has the numbers."""
        told: dict[str, Any] = {"id": "silence", "kind": "silence", "code": "*", "codes": [], "visits": 0}
        told |= {"observed": 0, "expected": 40, "unit": "attempts in 10 min", "sample_request_ids": []}
        write(kafka, f"{prefix}alerts", [made.alert(started_ms=_now_ms(), **told)])
        story = page.locator(".story.page")
        expect(story.locator("h3")).to_contain_text("RBC: no events come in", timeout=15_000)
        expect(story.locator("[data-fact='People']")).to_be_hidden()
        expect(story.locator("[data-fact='Measured']")).to_be_hidden()
        write(kafka, f"{prefix}alerts", [made.alert(started_ms=_now_ms(), **told, revision=2, state="resolved")])
        expect(page.locator("#headline")).to_contain_text("No incident is open.", timeout=15_000)

    @pytest.mark.parametrize("width", [390, 1280])
    def test_long_names_and_markup(self, kafka: str, prefix: str, page: Page, width: int) -> None:
        """Are shown as they are, and make nothing wider than the screen."""
        page.set_viewport_size({"width": width, "height": 900})
        markup = '<img src="x" onerror="alert(1)">'
        long = {"institution": f"Caisse {markup}", "code": "NO_PLACE_TO_BREAK_" * 8, "action": markup, "codes": []}
        incident = {"id": f"long-{width}", "institutions": [], **long, "sample_request_ids": [markup]}
        write(kafka, f"{prefix}alerts", [made.alert(started_ms=_now_ms(), **incident)])
        story = page.locator(".story.page")
        expect(story.locator("h3")).to_contain_text(markup, timeout=15_000)
        expect(story.locator(".samples code")).to_have_text(markup)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        write(kafka, f"{prefix}alerts", [made.alert(started_ms=_now_ms(), **incident, revision=2, state="resolved")])
        expect(page.locator("#headline")).to_contain_text("No incident is open.", timeout=15_000)
        page.locator("#over summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_the_tab_tells_in_the_background(self, browser: Browser, url: str) -> None:
        """Where browsers draw no frames, and a person has the page among twenty others."""
        with browser.new_context() as context:
            page = context.new_page()
            page.add_init_script("window.requestAnimationFrame = () => 0")
            page.goto(url)
            expect(page).to_have_title("(!) RBC is far below usual", timeout=20_000)

    def test_the_tab_tells_that_kafka_is_away(self, browser: Browser, url: str) -> None:
        """Else who has it in the background believes that all is well."""
        told = {
            "incidents": {"open": [], "more": 0, "over": []},
            "banks": [],
            "now": {"behind_ms": None},
            "health": {"problem": "Kafka does not answer", "rows": [], "missing": [], "history_left": 0},
        }
        update = f"retry: 60000\n\ndata: {json.dumps({'now_ms': 0, 'sections': told})}\n\n"
        with browser.new_context() as context:
            page = context.new_page()
            page.route("**/stream?*", lambda route: route.fulfill(content_type="text/event-stream", body=update))
            page.goto(url)
            expect(page).to_have_title("(!) Kafka does not answer")

    def test_a_connection_that_tells_nothing(self, browser: Browser, url: str) -> None:
        """Is given up for another, though it never ended: a network may lose one without a word."""
        with browser.new_context() as context:
            page = context.new_page()
            page.clock.install()
            page.route("**/stream?*", lambda _: None, times=1)
            page.goto(url)
            page.clock.fast_forward(16_000)
            expect(page.locator("#connection")).to_have_text("Live,", timeout=20_000)
            expect(page.locator("#banks tbody tr")).to_have_count(3)

    def test_copying(self, browser: Browser, url: str) -> None:
        """Also where a browser has no clipboard for us, as over http; and it is seen that it was done."""
        for script in ("0", "Object.defineProperty(navigator, 'clipboard', { value: undefined })"):
            with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
                page = context.new_page()
                page.add_init_script(script)
                page.goto(url)
                copy = page.locator("[data-fact='Tell users'] button")
                copy.click(timeout=20_000)
                expect(copy).to_have_text("Copied")
                page.fill("#wanted", "")
                page.press("#wanted", "ControlOrMeta+V")
                expect(page.locator("#wanted")).to_have_value(re.compile("^RBC can not be reached"))

    def test_pause(self, page: Page) -> None:
        """What is read stands still for as long as a person wants."""
        page.click("#pause")
        before = page.get_attribute("#as-of", "data-ms")
        page.wait_for_timeout(1_500)  # what does not happen can not be waited for
        assert page.get_attribute("#as-of", "data-ms") == before
        page.click("#pause")
        expect(page.locator("#as-of")).not_to_have_attribute("data-ms", str(before))

    def test_a_filter_ends_a_pause(self, page: Page) -> None:
        """Else the numbers would be those of another than the one that stands above them."""
        expect(page.locator("#now-note")).to_contain_text("The last five minutes", timeout=20_000)
        page.click("#pause")
        page.select_option("select[name=platform]", "ios")
        expect(page.locator("#now-note")).to_contain_text("Five minutes from")
        expect(page.locator("#connection")).to_have_text("Live,")

    @pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("dark", 390)])
    def test_accessible(self, browser: Browser, url: str, scheme: Any, width: int) -> None:
        """Axe finds nothing serious, and nothing is wider than the screen."""
        with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
            page = context.new_page()
            page.goto(url)
            expect(page.locator("#banks tbody tr")).to_have_count(3, timeout=20_000)
            assert _serious(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


class TestRestart:
    def test_history_is_there_again(self, browser: Browser, options: tuple[str, ...], tmp_path: Path) -> None:
        """A page that stays open says that its server is away, and goes on when it is back; token and all."""
        token = tmp_path / "token"
        token.write_text("a token of a page\n")
        log, again = tmp_path / "log", tmp_path / "again"
        with browser.new_context() as context:
            page = context.new_page()
            with started(log, *options, "--port", "0", "--token-file", str(token)):
                address = _address(log)
                page.goto(address)
                assert _serious(page) == []
                page.fill("#token", "a token of another")
                page.keyboard.press("Enter")
                expect(page.locator("#problem")).to_have_text("This is not the token.")
                page.fill("#token", "a token of a page")
                page.keyboard.press("Enter")
                expect(page.locator("#latest tbody tr")).to_have_count(20, timeout=20_000)
                before = page.locator("#outcomes").text_content()
                expect(page.get_by_role("button", name="Log out")).to_be_visible()
            expect(page.locator("#connection")).to_contain_text("Connection lost", timeout=15_000)
            expect(page).to_have_title("(!) Connection lost")
            port = address.rpartition(":")[2].rstrip("/")
            with started(again, *options, "--port", port, "--token-file", str(token)):
                expect(page.locator("#connection")).to_have_text("Live,", timeout=20_000)
                expect(page).to_have_title("(!) RBC is far below usual")
                expect(page.locator("#outcomes")).to_have_text(str(before), timeout=20_000)


class TestCommand:
    def test_refuses_to_be_open(self, kafka: str) -> None:
        """Without a token it opens on this machine alone; one line says how."""
        done = finish("dashboard", "--broker", kafka, "--host", "0.0.0.0")  # noqa: S104  # refused
        assert done.returncode == 1
        assert b"--token-file" in done.stderr.splitlines()[-1]

    def test_ready(self, kafka: str, prefix: str, tmp_path: Path) -> None:
        """/readyz says so once the history was read."""
        log = tmp_path / "log"
        options = ("--broker", kafka, "--topic-prefix", prefix, "--port", "0", "--admin-port", "0")
        with started(log, "dashboard", *options):
            admin = eventually(lambda: _admin(log), "an address")
            assert eventually(lambda: fetch(f"{admin}/readyz")[0] == 200, "readiness")
            assert "flinks_dashboard_pages_open 0.0" in fetch(f"{admin}/metrics")[1]
