"""Who is let in, and what is sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network

import aiohttp
import orjson
import pytest

from pipeline.dashboard.access import Access, AccessError, AccessSettings
from pipeline.dashboard.hub import VIEWS, CrowdedError, Hub, updates
from pipeline.dashboard.minutes import Filter
from pipeline.dashboard.search import Search
from pipeline.dashboard.server import PageServer

TOKEN = "a token of a page"  # noqa: S105  # made up
HERE = (ip_network("127.0.0.0/8"),)


@asynccontextmanager
async def served(
    settings: AccessSettings, cookies: bool = True
) -> AsyncIterator[tuple[aiohttp.ClientSession, str, PageServer]]:
    """A page without Kafka, and a client."""
    hub = Hub(lambda where, _: {"app": where.app})
    server = await PageServer(hub, Search(()), Access(settings), host="127.0.0.1", port=0).start()
    jar = aiohttp.CookieJar(unsafe=True) if cookies else aiohttp.DummyCookieJar()
    try:
        async with aiohttp.ClientSession(cookie_jar=jar) as client:
            yield client, f"http://127.0.0.1:{server.port}", server
    finally:
        await server.stop()


def check(
    settings: AccessSettings, look: Callable[[aiohttp.ClientSession, str], Awaitable[None]], *, cookies: bool = True
) -> None:
    async def run() -> None:
        async with served(settings, cookies) as (client, url, _):
            await look(client, url)

    asyncio.run(run())


class TestSettings:
    def test_an_open_page_stays_on_this_machine(self) -> None:
        """Without a token or a header no other address is opened."""
        for host in ("127.0.0.1", "localhost", "::1"):
            AccessSettings().check(host)
        for host in ("0.0.0.0", "10.1.2.3", "", "::"):  # noqa: S104  # refused
            with pytest.raises(AccessError, match="--token-file"):
                AccessSettings().check(host)
            AccessSettings(token=TOKEN).check(host)
            AccessSettings(header="X-User", proxies=HERE).check(host)

    def test_halves(self) -> None:
        """A header that anybody could send, proxies without one, and a token that can be guessed are refused."""
        for wrong in (AccessSettings(header="X-User"), AccessSettings(proxies=HERE), AccessSettings(token="secret")):  # noqa: S106
            with pytest.raises(AccessError):
                wrong.check("127.0.0.1")


class TestToken:
    def test_logging_in(self) -> None:
        """Without the token there is the form alone; with it a cookie that scripts can not read."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            async with client.get(url) as answer:
                assert answer.url.path == "/login"
                assert 'name="token"' in await answer.text()
            for path in ("/stream", "/page.js"):
                async with client.get(url + path) as answer:
                    assert answer.status == 401
            async with client.post(f"{url}/session", json={"id": "abcd"}) as answer:
                assert answer.status == 401
            async with client.post(f"{url}/login", data={"token": "another token!!!"}) as answer:
                assert str(answer.url).endswith("/login?wrong")
            async with client.post(f"{url}/login", data={"token": TOKEN}, allow_redirects=False) as answer:
                cookie = answer.headers["Set-Cookie"]
                assert "HttpOnly" in cookie
                assert "SameSite=Strict" in cookie
                assert TOKEN not in cookie
            async with client.get(f"{url}/stream") as answer:
                assert answer.status == 200
            async with client.post(f"{url}/logout") as answer:
                assert answer.url.path == "/login"
            async with client.get(f"{url}/stream") as answer:
                assert answer.status == 401

        check(AccessSettings(token=TOKEN), look)

    def test_forged_cookies(self) -> None:
        """A time that is over, another time, and nonsense are no login."""
        value = Access(AccessSettings(token=TOKEN)).log_in(TOKEN)
        other = Access(AccessSettings(token="a token of another")).log_in("a token of another")  # noqa: S106
        assert value is not None
        until, _, signature = value.partition(".")
        expired = Access(AccessSettings(token=TOKEN))._sign("1")
        forged = [
            f"1.{expired}",
            "",
            ".",
            f"{int(until) + 1}.{signature}",
            f"1.{signature}",
            f"²{until}.{signature}",
            str(other),
            until,
        ]

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            for each in forged:
                async with client.get(f"{url}/stream", headers={"Cookie": f"flinks_dashboard={each}"}) as answer:
                    assert answer.status == 401, each
            async with client.get(f"{url}/stream", headers={"Cookie": f"flinks_dashboard={value}"}) as answer:
                assert answer.status == 200

        check(AccessSettings(token=TOKEN), look, cookies=False)

    def test_guessing(self) -> None:
        """After ten wrong tokens not even the right one is looked at for a while."""
        access = Access(AccessSettings(token=TOKEN))
        assert [access.log_in(f"guess number {number}") for number in range(10)] == [None] * 10
        assert access.log_in(TOKEN) is None

    def test_bearer(self) -> None:
        """For programs."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            for token, status in ((TOKEN, 200), ("wrong", 401)):
                async with client.get(f"{url}/page.js", headers={"Authorization": f"Bearer {token}"}) as answer:
                    assert answer.status == status

        check(AccessSettings(token=TOKEN), look, cookies=False)


class TestProxy:
    @pytest.mark.parametrize(
        ("network", "name", "status"),
        [("127.0.0.0/8", "ada", 200), ("127.0.0.0/8", "", 403), ("10.0.0.0/8", "ada", 403)],
    )
    def test_header(self, network: str, name: str, status: int) -> None:
        """It counts from a trusted proxy, with somebody's name in it."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            async with client.get(url, headers={"X-User": name}) as answer:
                assert answer.status == status

        check(AccessSettings(header="X-User", proxies=(ip_network(network),)), look)


class TestOpenPage:
    def test_a_name_of_the_internet(self) -> None:
        """That somebody made mean this machine: their page does not get to see ours."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            for host, status in (("evil.example.com", 403), ("localhost:1", 200), ("[::1]:1", 200), ("127.0.0.1", 200)):
                async with client.get(url, headers={"Host": host}) as answer:
                    assert answer.status == status, host

        check(AccessSettings(), look)

    def test_headers(self) -> None:
        """Every answer has the policy, refusals among them."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            for path in ("/", "/page.css", "/stream", "/nowhere", "/page.py"):
                async with client.get(url + path) as answer:
                    policy = answer.headers.get("Content-Security-Policy", "")
                    assert "default-src 'none'" in policy, path
                    assert "unsafe" not in policy

        check(AccessSettings(), look)

    def test_other_sites_can_not_search(self) -> None:
        """What a form can send is refused."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            async with client.post(
                f"{url}/session", data='{"id": "abcd"}', headers={"Content-Type": "text/plain"}
            ) as a:
                assert a.status == 415
            async with client.post(f"{url}/session", json={"id": "--help me"}) as answer:
                assert "no id" in (await answer.json())["problem"]

        check(AccessSettings(), look)

    def test_a_body_that_is_not_packed_as_it_says(self) -> None:
        """Is the sender's fault."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            async with client.post(f"{url}/session", data=b"none", headers=headers) as answer:
                assert answer.status == 400

        check(AccessSettings(), look)

    def test_stream_of_a_filter(self) -> None:
        """What stands in the query is what is looked through."""

        async def look(client: aiohttp.ClientSession, url: str) -> None:
            async with client.get(f"{url}/stream", params={"app": "lending"}) as answer:
                line = await answer.content.readline()
                while not line.startswith(b"data: "):
                    line = await answer.content.readline()
                assert orjson.loads(line.removeprefix(b"data: "))["sections"] == {"app": "lending"}
            async with client.get(f"{url}/stream", params={"app": "x" * 200}) as answer:
                assert answer.status == 400

        check(AccessSettings(), look)


NO_TEXT = b"\xff\xfe"
FORM = b"application/x-www-form-urlencoded"
NONSENSE = {
    "a bearer that is no text": (b"GET /page.js", [b"Authorization: Bearer " + NO_TEXT], b"", 401),
    "a cookie that is no text": (b"GET /page.js", [b"Cookie: flinks_dashboard=9999999999." + NO_TEXT], b"", 401),
    "a form in no charset": (b"POST /login", [b"Content-Type: " + FORM + b"; charset=none"], b"token=%ff", 400),
    "a form in an odd charset": (b"POST /login", [b"Content-Type: " + FORM + b"; charset=utf-7"], b"token=+2AA-", 303),
    "half a form": (b"POST /login", [b"Content-Type: multipart/form-data"], b"token", 400),
    "a token in the query": (b"GET /page.js?token=a+token+of+a+page", [], b"", 401),
    "another name of a file": (b"GET /login%2f..%2fpage.js", [], b"", 401),
}
OPEN_NONSENSE = {
    "a port that is none": (b"GET /", [b"Host: localhost:none"], b"", 403),
    "a port too high": (b"GET /", [b"Host: localhost:99999"], b"", 403),
    "a host that is no text": (b"GET /", [b"Host: " + NO_TEXT], b"", 403),
    "a host within another's": (b"GET /", [b"Host: localhost@evil.example.com"], b"", 403),
    "a whole URL": (b"GET http://evil.example.com/", [], b"", 403),
    "a file above": (b"GET /..%2f..%2faccess.py", [], b"", 404),
    "an id that is none": (b"POST /session", [b"Content-Type: application/json"], b'{"id": null}', 400),
    "no object": (b"POST /session", [b"Content-Type: application/json"], b"[]", 400),
    "too much": (b"POST /session", [b"Content-Type: application/json"], b" " * 9_000, 413),
    "the headers alone": (b"HEAD /stream", [], b"", 200),
}


class TestNonsense:
    """Is refused, and is nothing that the log has a traceback of."""

    @pytest.mark.parametrize("case", NONSENSE)
    def test_before_logging_in(self, case: str, caplog: pytest.LogCaptureFixture) -> None:
        self._check(AccessSettings(token=TOKEN), *NONSENSE[case])
        assert not caplog.records

    @pytest.mark.parametrize("case", OPEN_NONSENSE)
    def test_at_an_open_page(self, case: str, caplog: pytest.LogCaptureFixture) -> None:
        self._check(AccessSettings(), *OPEN_NONSENSE[case])
        assert not caplog.records

    def _check(self, settings: AccessSettings, line: bytes, headers: list[bytes], body: bytes, status: int) -> None:
        async def run() -> None:
            async with served(settings) as (_, __, server):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                if not any(header.startswith(b"Host:") for header in headers):
                    headers.append(b"Host: localhost")
                head = [line + b" HTTP/1.1", *headers, b"Connection: close", b"Content-Length: %d" % len(body)]
                writer.write(b"\r\n".join([*head, b"", body]))
                answer = await asyncio.wait_for(reader.read(), timeout=10)
                writer.close()
                assert int(answer.split()[1]) == status, answer

        asyncio.run(run())


class TestHub:
    def test_only_what_has_changed(self) -> None:
        """After the first update, which has everything; a page that missed updates gets the newest."""
        now = {"same": 1, "other": 1}

        async def run() -> None:
            hub = Hub(lambda _, __: dict(now))
            with hub.watch(Filter()) as view:
                stream = updates(view)
                assert orjson.loads(await anext(stream))["sections"] == {"same": 1, "other": 1}
                for number in (2, 3):
                    now["other"] = number
                    view.show(now, number)
                assert orjson.loads(await anext(stream)) == {"now_ms": 3, "sections": {"other": 3}}
                view.show(now, 4)
                assert orjson.loads(await anext(stream)) == {"now_ms": 4, "sections": {}}

        asyncio.run(run())

    def test_bounded(self) -> None:
        """So many filters and no more; what nobody looks through any more makes room."""
        hub = Hub(lambda _, __: {})
        views = [hub.watch(Filter(app=str(number))) for number in range(VIEWS)]

        async def run() -> None:
            for view in views:
                view.__enter__()
            with hub.watch(Filter(app="0")):
                pass
            with pytest.raises(CrowdedError), hub.watch(Filter(app="more")):
                pass
            views.pop().__exit__(None, None, None)
            with hub.watch(Filter(app="more")):
                assert hub.watchers == VIEWS

        asyncio.run(run())
