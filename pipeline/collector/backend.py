"""POST /v1/api-events: answers of Flinks' API, as the customer's backend passes them on."""

import uuid
from collections.abc import Callable
from typing import Any, Final

import msgspec

from pipeline.collector.api_events import RawAnswers, parsed, read_answered
from pipeline.collector.batch import wrong
from pipeline.collector.counts import Counts
from pipeline.collector.events import require_content_type, require_skew
from pipeline.collector.exchange import Request, Response
from pipeline.collector.ids import made_up_id
from pipeline.collector.keys import App
from pipeline.collector.lenient import HALF
from pipeline.collector.problem import Problem
from pipeline.collector.rejections import Rejections
from pipeline.collector.settings import Settings
from pipeline.collector.verdict import Records, Verdict, accepted, answer, rejected, tally
from pipeline.collector.writer import Writer
from pipeline.flinks.answer import read_answer
from pipeline.flinks.event import Event, Unusable, write
from pipeline.flinks.raw import Refused, Stamp
from pipeline.flinks.times import format_ms

CONTENT_TYPES: Final = frozenset({b"application/json"})


class ApiEvents:
    """Takes one answer as it came, or several with what is known of them, as `pipeline.client` sends them.

    One answer gets its id from the header Idempotency-Key, so that it may be sent again; without one it gets a new
    id each time.
    """

    def __init__(
        self, settings: Settings, writer: Writer, rejections: Rejections, counts: Counts, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._rejections = rejections
        self._counts = counts
        self._clock = clock

    async def __call__(self, request: Request) -> Response:
        app = self._app(request)
        self._writer.require_ready()
        require_content_type(request, CONTENT_TYPES)
        body = await request.body(self._settings.limits.answer_bytes)
        received_ms = int(self._clock() * 1000)
        found = parsed(body)
        if not isinstance(found, dict):
            raise Problem("bad_request", "the body is not a JSON object")
        if "events" in found:
            events, behind_ms = self._listed(found, received_ms)
        else:
            events, behind_ms = [{"id": _id_of(request), "data": found}], 0
        verdicts: list[Verdict] = []
        records: Records = {}
        for one in events:
            verdict, event = self._judge(one, app, behind_ms, received_ms)
            verdicts.append(verdict)
            if event is not None:
                records.setdefault(str(event.request_id).encode(), []).append(write(event))
        batches = self._rejections.add(zip(verdicts, events, strict=True), app, format_ms(received_ms), "server")
        await self._writer.arrived(batches + self._writer.add(records))
        self._counts.judged("api-events", tally(verdicts))
        return answer(verdicts)

    def _app(self, request: Request) -> App:
        scheme, _, key = request.headers.get(b"authorization", b"").partition(b" ")
        app = self._settings.keys.bearer(key.strip().decode("latin-1")) if scheme.lower() == b"bearer" else None
        if app is None:
            raise Problem("unknown_key", "Authorization should be Bearer and the key of a backend")
        return app

    def _listed(self, found: dict[str, Any], received_ms: int) -> tuple[list[Any], int]:
        try:
            answers = msgspec.convert(found, RawAnswers)
        except msgspec.ValidationError as error:
            raise Problem("bad_request", wrong(error)) from None
        except UnicodeEncodeError:
            raise Problem("bad_request", HALF) from None
        most = self._settings.limits.events
        if len(answers.events) > most:
            raise Problem("too_large", f"{len(answers.events)} events; at most {most} in one request")
        return answers.events, require_skew(answers.sent_at, received_ms)

    def _judge(self, one: Any, app: App, behind_ms: int, received_ms: int) -> tuple[Verdict, Event | None]:
        id_ = made_up_id(one.get("id")) if isinstance(one, dict) else None
        try:
            answered, at = read_answered(one, behind_ms, received_ms)
        except Unusable as verdict:
            return rejected(id_, verdict.reason, verdict.detail), None
        stamp = Stamp(
            id=answered.id,
            received_at=format_ms(received_ms),
            at=at,
            app=app.name,
            environment=app.environment,
            platform="server",
        )
        event = read_answer(
            answered.data,
            stamp,
            self._settings.login_keys,
            endpoint=answered.endpoint,
            request_id=answered.request_id,
            http_status=answered.http_status,
        )
        if isinstance(event, Refused):
            return rejected(id_, event.reason, event.detail), None
        return accepted(answered.id), event


def _id_of(request: Request) -> str:
    told = request.headers.get(b"idempotency-key")
    if told is None:
        return str(uuid.uuid4())
    id_ = made_up_id(told.decode("latin-1"))
    if id_ is None:
        raise Problem("bad_request", "Idempotency-Key should be up to 64 of A-Z a-z 0-9 . _ -, and no long number")
    return id_
