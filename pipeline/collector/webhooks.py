"""POST /v1/webhooks/flinks: what Flinks tells by itself."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from pipeline.collector.api_events import parsed
from pipeline.collector.counts import Counts
from pipeline.collector.exchange import Request, Response
from pipeline.collector.keys import App
from pipeline.collector.problem import Problem
from pipeline.collector.rejections import Rejections
from pipeline.collector.settings import Settings
from pipeline.collector.signature import signer
from pipeline.collector.verdict import Verdict, accepted, answer, rejected, tally
from pipeline.collector.webhook_ids import WebhookIds
from pipeline.collector.writer import Writer
from pipeline.flinks.answer import read_webhook
from pipeline.flinks.event import Event, write
from pipeline.flinks.raw import Refused, Stamp
from pipeline.flinks.times import format_ms


class Webhooks:
    """Answers 200 to everything that is signed, for Flinks would repeat for hours what can not be used anyway.

    A webhook's id is the hash of its body, so a copy has the same. One that came before is answered and goes no
    further.
    """

    def __init__(
        self,
        settings: Settings,
        writer: Writer,
        rejections: Rejections,
        counts: Counts,
        clock: Callable[[], float],
        webhook_ids: WebhookIds,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._rejections = rejections
        self._counts = counts
        self._clock = clock
        self._webhook_ids = webhook_ids

    async def __call__(self, request: Request) -> Response:
        self._writer.require_ready()
        self._webhook_ids.require_ready()
        body = await request.body(self._settings.limits.answer_bytes)
        app = signer(body, request.headers, self._settings.keys.webhook_secrets)
        if app is None:
            raise Problem("bad_signature", "the body is not signed, or not with a secret that is known here")
        verdict = await self._take(body, app)
        self._counts.judged("webhooks", tally([verdict]))
        return answer([verdict])

    async def _take(self, body: bytes, app: App) -> Verdict:
        id_ = sha256(app.name.encode() + b"\n" + body).hexdigest()[:32]
        if self._webhook_ids.before(id_):
            self._counts.repeated_webhooks += 1
            return accepted(id_)
        received_at = format_ms(int(self._clock() * 1000))
        verdict, event, data = self._judge(body, app, id_, received_at)
        if event is None:
            batches = self._rejections.add([(verdict, {"data": data})], app, received_at, "webhook")
            await self._writer.arrived(batches)
            return verdict
        await self._writer.write({str(event.request_id).encode(): [write(event)]})
        await self._webhook_ids.note(id_)
        return verdict

    def _judge(self, body: bytes, app: App, id_: str, received_at: str) -> tuple[Verdict, Event | None, Any]:
        """Also what the body says, as JSON has it, and as text where it is none."""
        try:
            found = parsed(body)
        except Problem as problem:
            return rejected(id_, "not_json", problem.detail), None, body.decode("latin-1")
        stamp = Stamp(id=id_, received_at=received_at, app=app.name, environment=app.environment, platform="server")
        event = read_webhook(found, stamp, self._settings.login_keys)
        if isinstance(event, Refused):
            return rejected(id_, event.reason, event.detail), None, found
        return accepted(id_), event, found
