"""What flinks.rejected is told of events that the collector itself rejects."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from pipeline.collector.settings import Limits
from pipeline.flinks.times import parse_ms
from tests.collector.doors import Door, batch, event, opened, signed
from tests.flinks.secrets import IDS, SECRETS, Planter, leaks

MANY = Limits(address_requests_per_s=0, app_events_per_s=0, app_rejected_per_s=0, address_rejected_per_s=0)


@pytest.fixture(scope="module")
def door(kafka: str) -> Iterator[Door]:
    with opened(kafka, limits=MANY) as found:
        yield found


def latest(door: Door) -> dict[str, Any]:
    """By the time of the rejection, which is when the collector received it."""
    return max(door.records("rejected"), key=lambda record: str(record["at"]))


class TestTold:
    def test_of_a_browser(self, door: Door) -> None:
        """With the answer it is on the topic: whose it is and why, but not what it says."""
        good, bad = event(), event({"step": "no name", "requestId": str(uuid.uuid4()), "zoe": 1}, seq=4)
        body = batch(good, bad, release="7.1", platform="ios")
        (_, verdict) = door.send(body).json["events"]
        found = latest(door)
        assert verdict["verdict"] == "rejected"
        assert abs(parse_ms(found.pop("at")) - time.time() * 1_000) < 60_000
        assert found == {
            "v": 1,
            "reason": verdict["reason"],
            "detail": verdict["detail"],
            "topic": None,
            "partition": None,
            "offset": None,
            "payload": {
                "source": "browser",
                "app": "lending",
                "environment": "production",
                "platform": "ios",
                "release": "7.1",
                "connect_session_id": body["connect_session_id"],
                "data": {"step": "<string 7>", "requestid": "<string 36>", "<other fields>": 1},
            },
        }
        assert door.record(good["id"])

    def test_of_a_backend(self, door: Door) -> None:
        """Its answers have no visit."""
        door.answered({"RequestId": "", "HttpStatusCode": 401, "FlinksCode": "INVALID_LOGIN", "Login": {"Id": "x"}})
        found = latest(door)
        assert (found["reason"], found["payload"]) == (
            "missing_field",
            {
                "source": "server",
                "app": "lending",
                "environment": "production",
                "data": {
                    "flinkscode": "INVALID_LOGIN",
                    "login": "<object 1>",
                    "httpstatuscode": 401,
                    "<other fields>": 1,
                },
            },
        )

    @pytest.mark.parametrize(
        ("body", "reason", "data"),
        [
            (b"not JSON", "not_json", "<string 8>"),
            (b"[1]", "wrong_type", "<list 1>"),
            (b'{"ResponseType":"x"}', "missing_field", {"responsetype": "<string 1>"}),
        ],
    )
    def test_of_a_webhook(self, door: Door, body: bytes, reason: str, data: Any) -> None:
        """Flinks gets 200 and does not repeat it, so this is all that is left of it."""
        assert door.webhook(body).verdicts == ["rejected"]
        found = latest(door)
        assert found["payload"]["source"] == "webhook"
        assert (found["reason"], found["payload"]["data"]) == (reason, data)

    @pytest.mark.parametrize("one", ["event", None, [1], {"id": "1"}, {"id": "1", "data": 7, "at": "no"}])
    def test_of_what_is_hardly_an_event(self, door: Door, one: Any) -> None:
        """A text, nothing, a list, one without data, one of wrong types."""
        told = len(door.records("rejected"))
        assert door.send(batch(one)).verdicts == ["rejected"]
        assert len(door.records("rejected")) == told + 1

    def test_not_of_what_is_nobodys_fault(self, door: Door) -> None:
        """Of messages that are not Flinks', and of requests that are refused as a whole."""
        told = len(door.records("rejected"))
        assert door.send(batch(event({"hello": 1}), event())).verdicts == ["ignored", "accepted"]
        assert door.send(batch("event", key="of nobody")).status == 401
        assert door.ask("POST", "/v1/webhooks/flinks", b"no", x_flinks_signature=signed(b"yes")).status == 401
        assert len(door.records("rejected")) == told

    def test_no_secret(self, door: Door) -> None:
        """Wherever it stands in what is rejected."""
        planter = Planter(23)
        secrets = [text for what, text in SECRETS.items() if what not in IDS]
        messages = enumerate(planter.messages(200))
        events = [event(message, at=secrets[place % len(secrets)]) for place, message in messages]
        assert set(door.send(batch(*events)).verdicts) == {"rejected"}
        for body in planter.bodies(40):
            broken = {name: value for name, value in body.items() if name.lower() != "requestid"}
            door.answered(broken)
            door.webhook(orjson.dumps(broken))
        found = door.records("rejected")
        assert len(found) > 250
        assert not leaks(map(orjson.dumps, found))


class TestLimits:
    def test_of_an_address(self, kafka: str) -> None:
        """What is over it is counted, and answered as ever; other addresses have their own."""
        with opened(kafka, limits=replace(MANY, address_rejected_per_s=0.5)) as door:
            for times, address in enumerate(("198.51.100.1", "198.51.100.2"), start=1):
                assert door.send(batch(*["event"] * 50), x_forwarded_for=address).verdicts == ["rejected"] * 50
                assert len(door.records("rejected")) == 5 * times
                assert door.collector.counts.untold == 45 * times

    def test_of_an_app(self, kafka: str) -> None:
        """Whatever its pages do, its backends and other apps have their own."""
        with opened(kafka, limits=replace(MANY, app_rejected_per_s=0.3)) as door:
            door.send(batch(*["event"] * 50))
            door.send(batch(*["event"] * 50, key="wk_savings_1"))
            door.answered({"v": 1, "events": ["answer"] * 50})
            told = Counter((each["payload"]["app"], each["payload"]["source"]) for each in door.records("rejected"))
            assert told == {("lending", "browser"): 3, ("savings", "browser"): 3, ("lending", "server"): 3}


def test_when_the_topic_takes_nothing(kafka: str) -> None:
    """The request is to be sent again, whole: nothing is lost, and what has nothing to tell goes on."""
    with opened(kafka) as door:
        good, other = event(), event()
        door.collector.rejected._stalled = True
        assert door.send(batch(good, "event")).status == 503
        assert door.send(batch(other)).verdicts == ["accepted"]
        assert [record["id"] for record in door.records()] == [other["id"]]
        assert asyncio.run(door.collector.unready()) == "Kafka has acknowledged nothing for 10 s"
        door.collector.rejected._stalled = False
        assert door.send(batch(good, "event")).verdicts == ["accepted", "rejected"]
        assert door.record(good["id"])
