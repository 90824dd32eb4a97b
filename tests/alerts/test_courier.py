"""Notifications arrive, at least once, each receiver's by itself."""

import asyncio
import base64
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import orjson
import pytest

from pipeline.alerts.alert import read
from pipeline.alerts.notify.courier import REFUSALS, Courier, Delivery, superseded
from pipeline.alerts.notify.receiver import Receiver
from pipeline.alerts.notify.slack import Slack, text
from pipeline.alerts.notify.webhook import Webhook
from tests.alerts.made import Door, alert

SECRET = b"a secret of some length"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it; a test that waits in vain is ended by pytest."""
    while not condition():  # noqa: ASYNC110  # what is waited for tells nobody
        await asyncio.sleep(0.005)


class Out:
    """A courier at work, and what it tells."""

    ours = True
    asked = 0

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self.settled: list[Delivery] = []
        self.tries: list[tuple[str, str]] = []
        self.courier = Courier(
            receivers,
            self.settled.append,
            lambda *tried: self.tries.append(tried),
            self.is_ours,
            first_retry_s=0.002,
        )

    def is_ours(self) -> bool:
        self.asked += 1
        return self.ours


@asynccontextmanager
async def out(*receivers: Receiver) -> AsyncIterator[Out]:
    sent = Out(receivers)
    work = asyncio.create_task(sent.courier.run())
    try:
        yield sent
    finally:
        work.cancel()
        await asyncio.wait([work])


class TestCourier:
    async def test_arrives(self) -> None:
        """And is told to have arrived, once."""
        async with Door() as door, out(Webhook(door.url)) as sent:
            delivery = Delivery("webhook", "incident-1", alert())
            sent.courier.take([delivery])
            sent.courier.take([delivery])
            await until(lambda: bool(sent.settled))
            assert sent.settled == [delivery]
            assert [read(body) for _, body in door.requests] == [alert()]

    async def test_is_tried_again(self) -> None:
        """With the same id, until it is taken."""
        async with Door([500, 404, 429]) as door, out(Webhook(door.url)) as sent:
            sent.courier.take([Delivery("webhook", "incident-1", alert())])
            await until(lambda: bool(sent.settled))
            assert [headers["webhook-id"] for headers, _ in door.requests] == ["incident-1"] * 4
            assert [outcome for _, outcome in sent.tries] == ["failed"] * 3 + ["sent"]

    @pytest.mark.parametrize("status", [302, 307])
    async def test_a_redirect_is_no_delivery(self, status: int) -> None:
        """Followed, it would be a GET of a page that answers 200, or a POST to somebody else."""
        async with Door() as other, Door([status], {"location": other.url}) as door, out(Webhook(door.url)) as sent:
            sent.courier.take([Delivery("webhook", "incident-1", alert())])
            await until(lambda: bool(sent.settled))
            assert sent.tries == [("webhook", "failed"), ("webhook", "sent")]
            assert (len(door.requests), other.requests) == (2, [])

    async def test_waits_as_it_is_asked(self) -> None:
        """Who is told to come again in a second does not come before."""
        async with Door([429], {"retry-after": "1"}) as door, out(Webhook(door.url)) as sent:
            begun = time.monotonic()
            sent.courier.take([Delivery("webhook", "incident-1", alert())])
            await until(lambda: bool(sent.settled))
            assert time.monotonic() - begun >= 1
            assert len(door.requests) == 2

    async def test_in_order(self) -> None:
        """A later revision waits for an earlier one."""
        async with Door([500, 500]) as door, out(Webhook(door.url)) as sent:
            sent.courier.take([Delivery("webhook", f"{place}-1", alert(id=f"{place}")) for place in range(5)])
            await until(lambda: len(sent.settled) == 5)
            assert [read(body).id for _, body in door.requests] == ["0", "0", "0", "1", "2", "3", "4"]

    @pytest.mark.parametrize("status", [400, 404, 410, 413, 422])
    async def test_what_is_refused_for_good_is_given_up(self, status: int, caplog: pytest.LogCaptureFixture) -> None:
        """After some tries it is told as an error, without the URL, and the next one goes on."""
        async with Door([status] * REFUSALS) as door, out(Webhook(door.url)) as sent:
            sent.courier.take([Delivery("webhook", name, alert(id=name)) for name in ("first", "next")])
            await until(lambda: len(sent.settled) == 2)
        assert [delivery.id for delivery in sent.settled] == ["first", "next"]
        outcomes = [outcome for _, outcome in sent.tries]
        assert outcomes == ["failed"] * REFUSALS + ["given_up", "sent"]
        (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert said == f"webhook refuses notification first (HTTP {status}), given up"
        assert "secret-path" not in caplog.text

    @pytest.mark.parametrize("status", [302, 401, 403, 408, 425, 429, 500])
    async def test_what_may_be_mended_is_never_given_up(self, status: int) -> None:
        """Not even after refusals that looked as if they were for good."""
        async with Door([*[404] * (REFUSALS - 1), status, status]) as door, out(Webhook(door.url)) as sent:
            sent.courier.take([Delivery("webhook", "incident-1", alert())])
            await until(lambda: bool(sent.settled))
        assert [outcome for _, outcome in sent.tries] == ["failed"] * (REFUSALS + 1) + ["sent"]

    async def test_refusals_are_counted_for_each(self) -> None:
        """What was refused before is another's."""
        statuses = [404] * (REFUSALS - 1) + [200] + [404] * (REFUSALS - 1)
        async with Door(statuses) as door, out(Webhook(door.url)) as sent:
            sent.courier.take([Delivery("webhook", name, alert(id=name)) for name in ("first", "next")])
            await until(lambda: len(sent.settled) == 2)
        assert [outcome for _, outcome in sent.tries].count("sent") == 2

    async def test_later_news_take_the_place_of_older_ones(self) -> None:
        """Who was away for an outage is told once that it was, and of another one in order."""
        news = [("a", "firing"), ("a", "updated"), ("b", "firing"), ("a", "resolved")]
        async with Door([503, 503]) as door, out(Webhook(door.url)) as sent:
            sent.courier.take(
                [Delivery("webhook", f"{name}-{state}", alert(id=name, state=state)) for name, state in news]
            )
            await until(lambda: len(sent.settled) == 4)
        told = [(read(body).id, read(body).state) for _, body in door.requests]
        assert told == [("a", "firing"), ("b", "firing"), ("b", "firing"), ("a", "resolved")]
        assert [delivery.id for delivery in sent.settled] == ["a-updated", "a-firing", "b-firing", "a-resolved"]

    async def test_what_another_process_has_told_is_not_told_again(self) -> None:
        """A partition went away and came back: of what waited here only what still waits is sent."""
        firing = Delivery("webhook", "incident-1", alert())
        over = Delivery("webhook", "incident-2", alert(state="resolved"))
        other = Delivery("webhook", "other-1", alert(id="other"))
        async with Door() as door, out(Webhook(door.url)) as sent:
            sent.ours = False
            sent.courier.take([firing, other])
            await until(lambda: sent.asked > 2)
            assert door.requests == []
            sent.courier.restart([other, over])
            sent.ours = True
            await until(lambda: len(sent.settled) == 2)
        assert [headers["webhook-id"] for headers, _ in door.requests] == ["other-1", "incident-2"]
        assert sent.settled == [other, over]

    async def test_an_incident_of_the_past_is_left_out(self) -> None:
        """But for its end, where somebody was told that it fires."""
        news = [("a", "firing"), ("a", "resolved"), ("b", "resolved")]
        async with Door() as door, out(Webhook(door.url)) as sent:
            sent.ours = False
            sent.courier.take(
                [Delivery("webhook", f"{name}-{state}", alert(id=name, state=state)) for name, state in news]
            )
            sent.courier.leave_out("a")
            sent.courier.leave_out("b")
            sent.ours = True
            await until(lambda: len(sent.settled) == 3)
        assert [headers["webhook-id"] for headers, _ in door.requests] == ["b-resolved"]

    @pytest.mark.parametrize("dead", ["http://127.0.0.1:9/hidden", f"http://{'hidden' * 12}.example.com/"])
    async def test_a_dead_receiver_holds_up_nobody(self, dead: str, caplog: pytest.LogCaptureFixture) -> None:
        """It is complained about once, without its URL; also if it is of a name that none can have."""
        async with Door() as door, out(Webhook(dead), Slack(door.url)) as sent:
            with caplog.at_level(logging.WARNING):
                sent.courier.take([Delivery(name, "incident-1", alert()) for name in ("webhook", "slack")])
                await until(lambda: bool(sent.settled) and sent.tries.count(("webhook", "failed")) > 3)
            assert [delivery.receiver for delivery in sent.settled] == ["slack"]
            assert len(caplog.records) == 1
            assert "hidden" not in caplog.text

    async def test_a_receiver_that_is_gone(self) -> None:
        """What waited for one that is no longer configured waits no more."""
        async with out() as sent:
            sent.courier.take([Delivery("webhook", "incident-1", alert())])
            assert len(sent.settled) == 1


class TestSuperseded:
    @pytest.mark.parametrize(
        ("states", "left"),
        [
            (["firing", "updated"], ["firing", "updated"]),
            (["firing", "updated", "updated"], ["firing", "updated"]),
            (["firing", "firing"], ["firing"]),
            (["firing", "updated", "firing", "updated"], ["firing", "updated"]),
            (["firing", "updated", "resolved"], ["resolved"]),
        ],
    )
    def test_of_one_incident(self, states: list[str], left: list[str]) -> None:
        """The newest says all; but that it fires is not replaced by an update, which may wake nobody."""
        waiting = [Delivery("webhook", f"{place}", alert(state=state)) for place, state in enumerate(states)]
        old = superseded(waiting)
        assert [one.alert.state for one in waiting if one not in old] == left
        assert waiting[-1] not in old

    def test_of_others(self) -> None:
        """One incident's end is none of another's."""
        assert (
            superseded([Delivery("webhook", "a", alert(id="a")), Delivery("webhook", "b", alert(state="resolved"))])
            == []
        )


class TestWebhook:
    async def test_signature(self) -> None:
        """As the Standard Webhooks specification says: over id, timestamp and body."""
        async with Door() as door, out(Webhook(door.url, SECRET)) as sent:
            sent.courier.take([Delivery("webhook", "incident-1", alert())])
            await until(lambda: bool(sent.settled))
        ((headers, body),) = door.requests
        signed = f"incident-1.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(SECRET, signed, "sha256").digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


class TestSlack:
    async def test_text(self) -> None:
        """One line says it, one what to do; ids stay away."""
        async with Door() as door, out(Slack(door.url)) as sent:
            sent.courier.take(
                [Delivery("slack", "incident-1", alert(summary="RBC fails.", runbook_url="https://run.book/x"))]
            )
            await until(lambda: bool(sent.settled))
        ((_, body),) = door.requests
        said = orjson.loads(body)["text"]
        assert said.splitlines() == [
            "\N{LARGE RED CIRCLE} *Firing* (page): RBC fails. Since 2026-03-02 12:00 UTC.",
            "Tell people to try later.",
            "<https://run.book/x|Runbook>",
        ]
        assert "3eb951d4" not in said

    def test_markup_is_quoted(self) -> None:
        """An institution's name can not call the whole channel."""
        assert "&lt;!channel&gt; &amp; co" in text(alert(summary="<!channel> & co"))

    def test_resolved(self) -> None:
        """There is nothing to do any more; when it was shows if it is told late."""
        assert text(alert(summary="RBC fails.", state="resolved", ended_at="2026-03-02T12:30:00Z")).splitlines() == [
            "\N{LARGE GREEN CIRCLE} *Resolved* (page): RBC fails. From 2026-03-02 12:00 UTC to 2026-03-02 12:30 UTC."
        ]
