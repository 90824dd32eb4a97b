"""POST /v1/events: what listeners in browsers and apps send."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.collector.accumulator import PendingBatch
from pipeline.collector.batch import Batch, dropped, read_batch
from pipeline.collector.browser import judge
from pipeline.collector.buckets import Buckets
from pipeline.collector.counts import Counts
from pipeline.collector.exchange import Request, Response
from pipeline.collector.fast_path import read_ordinary, values_of
from pipeline.collector.ids import release_of
from pipeline.collector.keys import App
from pipeline.collector.peer import address, own_origin
from pipeline.collector.problem import Problem
from pipeline.collector.rejections import Rejections
from pipeline.collector.settings import Settings
from pipeline.collector.skew import skew_ms
from pipeline.collector.verdict import ACCEPTED, all_accepted, answer, tally
from pipeline.collector.writer import Writer
from pipeline.flinks.times import format_ms

CONTENT_TYPES = frozenset({b"text/plain", b"application/json"})
"""Beacons are sent as text/plain, for anything else would make the browser ask first."""


class _Taken(NamedTuple):
    """What is left of a request once its events are on their way."""

    batches: list[PendingBatch]
    reply: Response
    """When all of them have arrived; so for the rest."""
    verdicts: Mapping[str, int]
    dropped: int


class Events:
    """Answers with a verdict on each event once Kafka has those that are accepted."""

    def __init__(
        self, settings: Settings, writer: Writer, rejections: Rejections, counts: Counts, clock: Callable[[], float]
    ) -> None:
        limits = settings.limits
        self._settings = settings
        self._writer = writer
        self._rejections = rejections
        self._counts = counts
        self._clock = clock
        self._by_address = Buckets(limits.address_requests_per_s)
        self._by_app = Buckets(limits.app_events_per_s)

    async def __call__(self, request: Request) -> Response:
        now_s = time.monotonic()
        sender = self._admit(request, now_s)
        # Neither body nor events are held while Kafka is waited for: what is free at once is still in the processor's
        # cache when the next request needs memory.
        taken = self._take(request, await request.body(self._settings.limits.body_bytes), sender, now_s)
        await self._writer.arrived(taken.batches)
        self._counts.judged("events", taken.verdicts)
        self._counts.dropped += taken.dropped
        self._counts.took(time.monotonic() - now_s)
        return taken.reply

    def _admit(self, request: Request, now_s: float) -> str:
        """Before the body is read; returns the sender's address, or raises Problem."""
        settings = self._settings
        trusted = settings.trusted_proxies
        sender = address(request.peer, request.listed(b"x-forwarded-for") if trusted else None, trusted)
        _require(self._by_address.take(sender, 1, now_s), "too many requests from this address")
        self._writer.require_ready()
        require_content_type(request, CONTENT_TYPES)
        return sender

    def _take(self, request: Request, body: bytes, sender: str, now_s: float) -> _Taken:
        """Judge the events, and pack those that are accepted; raises Problem."""
        settings, limits = self._settings, self._settings.limits
        received_ms = int(self._clock() * 1000)
        ordinary = read_ordinary(body, limits.events)
        batch = ordinary or read_batch(body, limits.events)
        behind_ms = require_skew(batch.sent_at, received_ms)
        app = settings.keys.by_write_key.get(batch.key)
        if app is None:
            raise Problem("unknown_key", "key is not a write key of any app")
        self._require_origin(request, app)
        _require(self._by_app.take(app.name, max(1, len(batch.events)), now_s), "too many events of this app")
        values = ordinary and values_of(ordinary, app, received_ms, behind_ms)
        if ordinary and values:
            batches = self._writer.add({ordinary.connect_session_id.encode(): values})
            reply = all_accepted([one.id for one in ordinary.events])
            return _Taken(batches, reply, {ACCEPTED: len(values)}, dropped(batch.dropped))
        whole = batch if isinstance(batch, Batch) else read_batch(body, limits.events)
        verdicts, records = judge(whole, app, received_ms, behind_ms, settings.login_keys)
        # First, for it may be refused, and then nothing is to be sent.
        batches = self._rejections.add(
            zip(verdicts, whole.events, strict=True),
            app,
            format_ms(received_ms),
            "browser",
            address=sender,
            platform=whole.platform or "web",
            release=release_of(whole.release),
            connect_session_id=whole.connect_session_id,
        )
        batches += self._writer.add(records)
        return _Taken(batches, answer(verdicts), tally(verdicts), dropped(batch.dropped))

    def _require_origin(self, request: Request, app: App) -> None:
        """A page's origin must be known; apps and programs have none, for only browsers can be trusted to tell it."""
        told = request.headers.get(b"origin")
        if told is None:
            return
        origin = told.decode("latin-1")
        if not app.origins.allow(origin) and origin != own_origin(
            request.scheme, request.headers, request.peer, self._settings.trusted_proxies
        ):
            raise Problem("origin_not_allowed", "the page's origin is not among the app's origins")


def require_skew(sent_at: str | None, received_ms: int) -> int:
    """How far the sender's clock is behind ours; raises Problem."""
    try:
        return skew_ms(sent_at, received_ms)
    except ValueError as error:
        raise Problem("bad_request", f"sent_at: {error}") from None


def require_content_type(request: Request, known: frozenset[bytes]) -> None:
    """A missing one is as good; raises Problem."""
    told = request.headers.get(b"content-type")
    if told is not None and told not in known and told.partition(b";")[0].strip().lower() not in known:
        raise Problem("wrong_content", f"Content-Type should be {' or '.join(sorted(one.decode() for one in known))}")


def _require(wait_s: float, detail: str) -> None:
    if wait_s > 0:
        raise Problem("too_many_requests", detail, retry_after_s=int(wait_s) + 1)
