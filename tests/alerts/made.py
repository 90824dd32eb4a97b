"""Alerts for tests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web

from pipeline.alerts.alert import Alert


def alert(**fields: Any) -> Alert:
    """An outage of RBC; `fields` override."""
    made: dict[str, Any] = {
        "v": 1,
        "id": "incident",
        "revision": 1,
        "kind": "outage",
        "state": "firing",
        "started_at": "2026-03-02T12:00:00.000Z",
        "updated_at": "2026-03-02T12:02:00.000Z",
        "ended_at": None,
        "institution": "RBC",
        "institutions": ["RBC"],
        "code": "RETRY_LATER",
        "codes": ["RETRY_LATER"],
        "severity": "page",
        "observed": 0.8,
        "expected": 0.02,
        "unit": "errors per attempt",
        "visits": 40,
        "score": 12.0,
        "summary": "RBC fails: 40 people met RETRY_LATER in 2 minutes.",
        "action": "Tell people to try later.",
        "runbook_url": None,
        "sample_request_ids": ["3eb951d4"],
    }
    return Alert(**(made | fields))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class Door:
    """A server that keeps what it was sent and answers as it is told."""

    statuses: list[int] = field(default_factory=list)
    """The next answers; 200 when there are none."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of every answer."""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Headers and body."""
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200, headers=self.headers)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/secret-path"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
