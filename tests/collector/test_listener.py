"""The listener in a real Chromium, with a page that plays Flinks Connect and a real collector."""

import gzip
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright

from pipeline.collector.scripts import assembled
from tests.busy import alone
from tests.collector.doors import PATIENCE_S, Door
from tests.collector.pages import FLINKS, PAGE, Visit, chromium, kill_renderers, launched, served, visit

LOGIN = "b92b2bbd-31f8-4e36-795b-08db4111f24d"
STEPS = ["APP_MOUNTED", "COMPONENT_LOAD_INSTITUTION_SELECTOR", "INSTITUTION_SELECTED", "SUBMIT_CREDENTIAL"]


@pytest.fixture(scope="module")
def browser(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium", pytrace=False)
        pytest.skip("no Chromium (Debian: apt install chromium)")
    with (
        served(door, tmp_path_factory.mktemp("tls")) as port,
        sync_playwright() as playwright,
        launched(playwright, executable, port) as browser,
    ):
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(ignore_https_errors=True) as context:
        yield context


class TestListening:
    def test_a_visit(self, door: Door, context: BrowserContext) -> None:
        """What Flinks posts stands on the topic, stamped and in order; what others post is not even sent."""
        strangers = "https://private.fin.ag.evil.com https://evilprivate.fin.ag https://flinks.com"
        tab = visit(context, frames=f"{FLINKS} https://x.flinks.com {strangers}")
        for stranger in strangers.split():
            frame = next(frame for frame in tab.page.frames if frame.url.startswith(f"{stranger}/"))
            tab.post({"step": "POPUP_BLOCKED"}, frame=frame)
        tab.page.evaluate("() => window.postMessage({step: 'POPUP_BLOCKED'}, '*')")
        tab.post({"type": "webpackOk"}, "text", 7, None, [1], {"step": 7}, "{", '{"a": "step"}')
        tab.post(*[{"step": step, "institution": "RBC"} for step in STEPS])
        other = next(frame for frame in tab.page.frames if frame.url.startswith("https://x.flinks.com/"))
        tab.post(json.dumps({"flinksCode": "QUESTION_NOT_FOUND", "requestId": LOGIN[::-1]}), frame=other)
        tab.post({"step": "REDIRECT", "loginId": LOGIN, "url": f"https://x/?loginId={LOGIN}", "institution": "RBC"})
        found = tab.records(door, 6)
        assert [record["name"] for record in found] == [*STEPS, "QUESTION_NOT_FOUND", "REDIRECT"]
        assert [record["seq"] for record in found] == [1, 2, 3, 4, 5, 6]
        assert {record["platform"] for record in found} == {"web"}
        assert {record["release"] for record in found} == {"7.1"}
        assert len({record["id"] for record in found}) == 6
        assert len(found[-1]["login"]) == 32
        assert all(record["at"] <= record["received_at"] for record in found)
        tab.page.wait_for_function("() => Object.keys(localStorage).length === 0")
        assert tab.errors == []

    def test_reloads_and_duplicated_scripts(self, door: Door, context: BrowserContext) -> None:
        """One visit, one record for each message, and seq goes on."""
        tab = visit(context, tags=3)
        before = tab.id
        tab.post({"step": STEPS[0]})
        tab.page.reload()
        tab.post({"step": STEPS[1]})
        tab.page.evaluate("() => { FlinksListener.start(); FlinksListener.start(); }")
        tab.post({"step": STEPS[2]})
        assert tab.id == before
        found = tab.records(door, 3)
        assert [(record["name"], record["seq"]) for record in found] == list(zip(STEPS, (1, 2, 3), strict=False))
        assert visit(context).id != before
        assert tab.errors == []

    def test_as_a_module(self, door: Door, context: BrowserContext) -> None:
        """Imported from the collector, and sent beside itself."""
        tab = visit(context, module=1)
        tab.page.wait_for_function("() => window[Symbol.for('flinks-pipeline.listener')]")
        tab.post({"step": STEPS[0]})
        assert len(tab.records(door, 1)) == 1
        assert tab.errors == []

    def test_consent(self, door: Door, context: BrowserContext) -> None:
        """Nothing is heard before start and after stop, and with persist: false nothing is kept."""
        tab = visit(context, tag="data-start=manual")
        tab.post({"step": STEPS[0]})
        assert tab.stored() == "[{},{}]"
        tab.page.evaluate("() => FlinksListener.start({ persist: false })")
        id_ = tab.id
        tab.post({"step": STEPS[1]})
        assert tab.stored() == "[{},{}]"
        tab.page.evaluate("() => FlinksListener.stop()")
        tab.post({"step": STEPS[2]})
        assert [record["name"] for record in tab.records(door, 1, id_)] == [STEPS[1]]
        assert tab.page.evaluate("() => Symbol.for('flinks-pipeline.listener') in window") is False
        assert tab.stored() == "[{},{}]"

    def test_a_browser_that_forbids_everything(self, door: Door, context: BrowserContext) -> None:
        """Storage that throws takes nothing from the page, and no events."""
        context.add_init_script(
            "for (const name of ['localStorage', 'sessionStorage'])"
            "  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
        )
        tab = visit(context)
        tab.post({"step": STEPS[0]})
        assert len(tab.records(door, 1)) == 1
        assert tab.errors == []


class TestLeaving:
    def test_navigating_away_at_once(self, door: Door, context: BrowserContext) -> None:
        """The last events go with the page, more than one ordinary batch of them; what it had begun to send dies."""
        context.add_init_script(
            "const real = fetch; window.fetch = (url, what) =>"
            " what.keepalive ? real(url, what) : new Promise(() => {});"
        )
        tab = visit(context)
        id_ = tab.id
        tab.post(*[{"step": STEPS[3], "institution": "RBC"}] * 120)
        tab.page.wait_for_function("() => Object.values(localStorage).join().split('RBC').length === 121")
        tab.page.goto("https://elsewhere.example.com/")
        assert len(tab.records(door, 120, id_)) == 120

    def test_a_browser_without_keepalive(self, door: Door, context: BrowserContext) -> None:
        """A closed tab hands its events to a beacon: all of them, for nothing else gets an answer."""
        context.add_init_script("delete Request.prototype.keepalive; window.fetch = () => new Promise(() => {});")
        waiting = context.new_page()
        tab = visit(context)
        id_ = tab.id
        sent: list[str] = []
        tab.page.on("request", lambda request: sent.append(request.resource_type))
        tab.post(*[{"step": STEPS[3], "institution": "RBC"}] * 60)
        tab.page.wait_for_function("() => Object.values(localStorage).join().split('RBC').length === 61")
        assert sent == []
        tab.page.close(run_before_unload=True)
        found = door.eventually(60, id_, lambda: waiting.wait_for_timeout(50))
        assert [record["seq"] for record in found] == [*range(1, 61)]
        assert set(sent) <= {"ping"}

    def test_a_tab_that_is_killed(self, door: Door, browser: Browser, context: BrowserContext) -> None:
        """What it had not sent, the next page of the site sends; what is a key to accounts was not left behind."""
        context.route("**/v1/events", lambda route: route.abort())
        tab = visit(context)
        id_ = tab.id
        tab.post({"step": STEPS[0]}, {"step": "REDIRECT", "loginId": LOGIN, "url": f"https://x/?loginId={LOGIN}"})
        tab.page.wait_for_function("() => Object.values(localStorage).join().includes('REDIRECT')")
        assert LOGIN not in tab.stored()
        tab.page.wait_for_timeout(500)  # the browser's own process has it by then
        kill_renderers(browser)
        tab.page.close()
        context.unroute("**/v1/events")
        context.add_init_script(
            # A minute later.
            "for (const [name, box] of Object.entries(localStorage))"
            '  localStorage.setItem(name, box.replace(/"at":[0-9]{13}/, \'"at":1\'));'
        )
        after = visit(context)
        found = after.records(door, 2, id_)
        assert [record["name"] for record in found] == [STEPS[0], "REDIRECT"]
        assert after.id != id_
        after.page.wait_for_function("() => Object.keys(localStorage).length === 0")


class TestTrouble:
    def test_offline(self, door: Door, context: BrowserContext) -> None:
        """Events wait, bounded; what had to go is told."""
        before = door.collector.counts.dropped
        tab = visit(context)
        id_ = tab.id
        context.set_offline(True)
        tab.post(*[{"step": STEPS[3]}] * 520)
        tab.page.wait_for_function("() => Object.values(localStorage).join().includes('\"dropped\":20')")
        context.set_offline(False)
        found = tab.records(door, 500, id_)
        assert [record["seq"] for record in found] == list(range(21, 521))
        _eventually(lambda: door.collector.counts.dropped == before + 20, tab)
        assert tab.errors == []

    def test_a_collector_that_asks_to_wait(self, door: Door, context: BrowserContext) -> None:
        """Nothing is sent before Retry-After is over, and then everything once."""
        times: list[float] = []

        def refuse(route: Route) -> None:
            times.append(time.monotonic())
            if len(times) > 2:
                route.continue_()
                return
            headers = {"Access-Control-Allow-Origin": PAGE, "Access-Control-Expose-Headers": "Retry-After"}
            route.fulfill(status=[429, 503][len(times) - 1], headers={**headers, "Retry-After": "2"}, body="{}")

        context.route("**/v1/events", refuse)
        tab = visit(context)
        tab.post({"step": STEPS[0]})
        tab.page.wait_for_timeout(1_200)
        tab.post({"step": STEPS[1]})
        found = tab.records(door, 2)
        assert [record["name"] for record in found] == STEPS[:2]
        limit = alone(4.0)
        assert [2.0 < after - before < limit for before, after in itertools.pairwise(times)] == [True, True]

    def test_a_collector_that_breaks_off_and_is_slow(self, door: Door, context: BrowserContext) -> None:
        """The page goes on meanwhile, and the events arrive."""
        held: list[Route] = []
        count = [0]

        def stumble(route: Route) -> None:
            count[0] += 1
            if count[0] == 1:
                route.abort()
            elif count[0] == 2:
                held.append(route)
            else:
                route.continue_()

        context.route("**/v1/events", stumble)
        tab = visit(context)
        tab.post({"step": STEPS[0]})
        _eventually(lambda: held, tab)
        began = time.monotonic()
        tab.post({"step": STEPS[1]})
        assert tab.page.evaluate("() => 1 + 1") == 2
        assert time.monotonic() - began < alone(1)
        held[0].continue_()
        assert [record["name"] for record in tab.records(door, 2)] == STEPS[:2]
        assert tab.errors == []

    def test_a_batch_that_is_refused(self, door: Door, context: BrowserContext) -> None:
        """400 will not become 200: it is given up, counted, and the next goes on."""
        before = door.collector.counts.dropped
        refused: list[str] = []

        def refuse(route: Route) -> None:
            if refused:
                route.continue_()
                return
            refused.append(route.request.post_data or "")
            route.fulfill(status=400, headers={"Access-Control-Allow-Origin": PAGE}, body="{}")

        context.route("**/v1/events", refuse)
        tab = visit(context)
        tab.post({"step": STEPS[0]})
        _eventually(lambda: refused, tab)
        tab.post({"step": STEPS[1]})
        assert [record["name"] for record in tab.records(door, 1)] == [STEPS[1]]
        assert door.collector.counts.dropped == before + 1


class TestScript:
    def test_size_and_policy(self) -> None:
        """Under 4 kB gzipped, and nothing that a strict policy forbids."""
        for path in ("/listener.js", "/listener.mjs", "/listener-native.mjs"):
            content = assembled()[path][1]
            assert len(gzip.compress(content, 6)) < 4_000, path
            assert not [word for word in (b"eval(", b"Function(", b"innerHTML", b"document.write") if word in content]

    def test_types_tell_what_there_is(self) -> None:
        """What the modules export, and nothing else."""
        for name in ("listener", "listener-native"):
            module, types = (assembled()[f"/{name}.{kind}"][1].decode() for kind in ("mjs", "d.ts"))
            for exported in ("start", "stop") if name == "listener" else ("createListener",):
                assert f"export function {exported}(" in types
                assert f"{exported}" in module.partition("export ")[2]

    def test_is_served_with_a_tag(self, door: Door) -> None:
        """And is not sent again to who has it; every page may read it."""
        first = door.ask("GET", "/listener.js")
        assert first.status == 200
        assert first.headers["content-type"].startswith("text/javascript")
        assert first.headers["access-control-allow-origin"] == "*"
        again = door.ask("GET", "/listener.js", if_none_match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert door.ask("HEAD", "/listener.js").body == b""


def _eventually(true: Callable[[], object], tab: Visit) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        tab.page.wait_for_timeout(20)
