"""What is behind the HTTP server: which path is whose, what pages of other origins may read, and errors as answers."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from pipeline.collector.counts import Counts
from pipeline.collector.exchange import Gone, Headers, Request, Response
from pipeline.collector.keys import Keys
from pipeline.collector.memory_budget import MemoryBudget
from pipeline.collector.problem import Problem

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

_READABLE = (b"access-control-expose-headers", b"retry-after")
"""For pages of other origins; it is of no use without the header that lets them read anything."""
_PREFLIGHT = (
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
)


class Router:
    """Gives each request to the endpoint of its path and method."""

    def __init__(
        self,
        routes: Mapping[str, tuple[str, str, Endpoint]],
        keys: Keys,
        budget: MemoryBudget,
        counts: Counts,
        base_path: str,
    ) -> None:
        """`routes`: path to (method, the endpoint's name in metrics, endpoint)."""
        self._routes = {base_path + path: route for path, route in routes.items()}
        self._budget = budget
        self._counts = counts
        self._open_to = keys.knows_origin
        self._cors_of = lru_cache(1_000)(self._cors)
        self._across = base_path + "/v1/events"
        """The one path that pages of other origins may send to."""

    @property
    def paths(self) -> list[str]:
        return list(self._routes)

    async def __call__(self, cycle: RequestResponseCycle) -> None:
        """Answer one request."""
        request = Request(cycle, self._budget)
        name = "other"
        try:
            _method, name, endpoint = self._route(request)
            answer = await (endpoint(request) if request.method != "OPTIONS" else self._preflight(request))
        except Problem as problem:
            answer = self._told(problem)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, one request must not end others
            # Neither its text nor its traceback: both may show what was sent.
            log.error("%s %s failed: %s in %s", request.method, name, type(error).__name__, _place(error))  # noqa: TRY400
            answer = self._told(Problem("internal", "this is a fault of the collector"))
        finally:
            request.end()
        self._counts.requests[name, answer.status] += 1
        across = request.path == self._across
        await request.answer(answer, self._cors_of(request.headers.get(b"origin")) if across else ())

    def _route(self, request: Request) -> tuple[str, str, Endpoint]:
        route = self._routes.get(request.path)
        if route is None:
            raise Problem("not_found", "there is nothing at this path")
        method, given = route[0], request.method
        if given == method or (given == "HEAD" and method == "GET"):
            return route
        if given == "OPTIONS" and request.path == self._across:
            return route
        raise Problem("method_not_allowed", f"only {method} is answered here")

    async def _preflight(self, request: Request) -> Response:
        """A browser asks before it sends application/json; the listener sends text/plain and need not ask."""
        if not self._open_to(request.headers.get(b"origin", b"").decode("latin-1")):
            raise Problem("origin_not_allowed", "the page's origin is not among any app's origins")
        return Response(204, headers=_PREFLIGHT)

    def _cors(self, origin: bytes | None) -> Headers:
        """What lets a page of another origin read the answer, if it is known to any app."""
        if origin is None or not self._open_to(origin.decode("latin-1")):
            return ()
        return ((b"access-control-allow-origin", origin),)

    def _told(self, problem: Problem) -> Response:
        self._counts.problems[problem.name] += 1
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if problem.retry_after_s is not None:
            headers += ((b"retry-after", b"%d" % problem.retry_after_s), _READABLE)
        if problem.name == "unknown_key":
            headers += ((b"www-authenticate", b"Bearer"),)
        if problem.name == "method_not_allowed":
            headers += ((b"allow", problem.detail.split()[1].encode()),)
        return Response(problem.status, problem.body(), headers)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
