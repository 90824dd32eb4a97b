"""POST /v1/api-events: answers of Flinks' API, as the customer's backend passes them on."""

import uuid
from collections.abc import Callable
from typing import Any

from pipeline.collector.asgi import Answer, Request
from pipeline.collector.batch import parse
from pipeline.collector.counts import Counts
from pipeline.collector.events import require_content_type
from pipeline.collector.ids import made_up_id
from pipeline.collector.keys import App
from pipeline.collector.problem import Problem
from pipeline.collector.settings import Settings
from pipeline.collector.skew import corrected, skew_ms
from pipeline.collector.verdict import Records, Verdict, accepted, answer, rejected, tally
from pipeline.collector.writer import Writer
from pipeline.flinks.answer import read_answer
from pipeline.flinks.event import Event, Unusable, write
from pipeline.flinks.raw import Refused, Stamp
from pipeline.flinks.times import format_ms


class ApiEvents:
    """Takes one answer as it came, or {"v": 1, "sent_at", "events": [{"id", "at", "endpoint", "request_id",
    "http_status", "data": <the answer>}]}, as `pipeline.client` sends it.

    One answer gets its id from the header Idempotency-Key, so that it may be sent again; without one it gets a new
    id each time.
    """  # noqa: D205  # it is one sentence

    def __init__(self, settings: Settings, writer: Writer, counts: Counts, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._writer = writer
        self._counts = counts
        self._clock = clock

    async def __call__(self, request: Request) -> Answer:
        app = self._app(request)
        self._writer.require_ready()
        require_content_type(request, (b"application/json",))
        body = await request.body(self._settings.limits.answer_bytes)
        received_ms = int(self._clock() * 1000)
        found = parse(body)
        if not isinstance(found, dict):
            raise Problem("bad_request", "the body is not a JSON object")
        if "events" in found:
            events, behind_ms = self._listed(found, received_ms)
        else:
            events, behind_ms = [{"id": _id_of(request), "data": found}], 0
        verdicts: list[Verdict] = []
        records: Records = []
        for told in events:
            verdict, event = self._judge(told, app, behind_ms, received_ms)
            verdicts.append(verdict)
            if event is not None:
                records.append((str(event.request_id).encode(), write(event)))
        await self._writer.write(records)
        tally(self._counts.events, "api-events", verdicts)
        return answer(verdicts)

    def _app(self, request: Request) -> App:
        scheme, _, key = request.headers.get(b"authorization", b"").partition(b" ")
        app = self._settings.keys.bearer(key.strip().decode("latin-1")) if scheme.lower() == b"bearer" else None
        if app is None:
            raise Problem("unknown_key", "Authorization should be Bearer and the key of a backend")
        return app

    def _listed(self, found: dict[str, Any], received_ms: int) -> tuple[list[Any], int]:
        events = found["events"]
        if found.get("v") != 1:
            raise Problem("bad_request", "v should be 1")
        if not isinstance(events, list):
            raise Problem("bad_request", "events should be a list")
        if len(events) > self._settings.limits.events:
            raise Problem("too_large", f"{len(events)} events; at most {self._settings.limits.events} in one request")
        try:
            return events, skew_ms(found.get("sent_at"), received_ms)
        except ValueError as error:
            raise Problem("bad_request", f"sent_at: {error}") from None

    def _judge(self, told: Any, app: App, behind_ms: int, received_ms: int) -> tuple[Verdict, Event | None]:
        id_ = made_up_id(told.get("id")) if isinstance(told, dict) else None
        try:
            if not isinstance(told, dict):
                raise Unusable("wrong_type", "the event is not a JSON object")
            if id_ is None:
                raise Unusable("missing_field", "id is missing, or not up to 64 of A-Z a-z 0-9 . _ -")
            at = _at(told.get("at"), behind_ms, received_ms)
        except Unusable as verdict:
            return rejected(id_, verdict.reason, verdict.detail), None
        stamp = Stamp(
            id=id_,
            received_at=format_ms(received_ms),
            at=at,
            app=app.name,
            environment=app.environment,
            platform="server",
        )
        event = read_answer(
            told.get("data"),
            stamp,
            self._settings.login_keys,
            endpoint=_text(told.get("endpoint")),
            request_id=_text(told.get("request_id")),
            http_status=_number(told.get("http_status")),
        )
        if isinstance(event, Refused):
            return rejected(id_, event.reason, event.detail), None
        return accepted(id_), event


def _id_of(request: Request) -> str:
    told = request.headers.get(b"idempotency-key")
    if told is None:
        return str(uuid.uuid4())
    id_ = made_up_id(told.decode("latin-1"))
    if id_ is None:
        raise Problem("bad_request", "Idempotency-Key should be up to 64 of A-Z a-z 0-9 . _ -, and no long number")
    return id_


def _at(at: Any, behind_ms: int, received_ms: int) -> str | None:
    if at is None:
        return None
    try:
        return corrected(at, behind_ms, received_ms)
    except (TypeError, ValueError):
        raise Unusable("wrong_type", "at should be an RFC 3339 time") from None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if type(value) is int else None
