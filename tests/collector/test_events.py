"""POST /v1/events, from a request to the topic."""

import time
import tracemalloc
import zlib
from typing import Any

import orjson
import pytest

from pipeline.flinks.event import read
from pipeline.flinks.times import format_ms, parse_ms
from tests.collector.doors import ORIGIN, OTHER_KEY, Door, batch, event

REQUEST = "3eb951d4-5738-4004-81b2-fb28c5e4c1a0"
LOGIN = "b92b2bbd-31f8-4e36-795b-08db4111f24d"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class TestVerdicts:
    def test_each_event_gets_its_own(self, door: Door) -> None:
        """In the order of the events; what is wrong with one is no other's fault."""
        events: list[Any] = [
            event(),
            event({"type": "webpackOk"}),
            event({"step": 7, "flinksCode": "no name"}),
            {"id": "1"},
            {"data": {"step": "APP_MOUNTED"}},
            event(at="yesterday"),
            event(seq=-1),
            event(id="4540 1234 5678 9010"),
            "event",
            event('{"step": "INSTITUTION_SELECTED", "institution": "RBC"}'),
        ]
        reply = door.send(batch(*events))
        assert reply.status == 200
        assert reply.verdicts == ["accepted", "ignored", *["rejected"] * 7, "accepted"]
        reasons = [verdict.get("reason") for verdict in reply.json["events"][2:9]]
        assert reasons == ["wrong_type", "missing_field", "missing_field", *["wrong_type"] * 4]
        ids = [one.get("id") if isinstance(one, dict) else None for one in events]
        ids[4] = ids[7] = None
        assert [verdict["id"] for verdict in reply.json["events"]] == ids

    @pytest.mark.parametrize("broken", ['"\\ud800"', '"\\udc00 x"', "1e400", "-1e400"])
    def test_what_strict_readers_refuse(self, door: Door, broken: str) -> None:
        """An emoji that was cut in two, or a number without end, is the fault of its event alone."""
        good: list[Any] = [
            event(),
            event("zoe", seq=3),
            event({"step": "INSTITUTION_SELECTED", "institution": "RBC"}, seq=2**60),
        ]
        events = [*good, event({"step": "APP_MOUNTED", "nick": "zoe", "x": "BROKEN"}), event(id="BROKEN"), "BROKEN"]
        body = orjson.dumps(batch(*events)).replace(b'"BROKEN"', broken.encode())
        reply = door.send(body)
        assert reply.status == 200
        assert reply.verdicts == ["accepted", "ignored", "rejected", *["rejected"] * 3]
        assert [verdict.get("reason") for verdict in reply.json["events"]][2:] == ["wrong_type", *["not_json"] * 3]
        assert [verdict["id"] for verdict in reply.json["events"]] == [*[one["id"] for one in events[:4]], None, None]
        assert "zoe" not in reply.body.decode()
        assert door.record(good[0]["id"])["name"] == "APP_MOUNTED"

    def test_what_stands_on_the_topic(self, door: Door) -> None:
        """The contract's event, redacted, under the visit's key."""
        sent = event(
            {"step": "REDIRECT", "loginId": LOGIN, "requestId": REQUEST, "institution": "RBC", "url": "https://x/?a=1"},
            seq=4,
            at=format_ms(now_ms() - 500),
        )
        body = batch(sent, release="2026.11.2", platform="ios", sent_at=format_ms(now_ms()))
        assert door.send(body, origin=ORIGIN).verdicts == ["accepted"]
        found = door.record(sent["id"])
        assert LOGIN not in str(found)
        assert abs(parse_ms(found.pop("received_at")) - now_ms()) < 5_000
        assert len(found.pop("login")) == 32
        assert found == {
            "v": 1,
            "id": sent["id"],
            "source": "browser",
            "kind": "step",
            "name": "REDIRECT",
            "at": sent["at"],
            "connect_session_id": body["connect_session_id"],
            "request_id": REQUEST,
            "seq": 4,
            "institution": "RBC",
            "app": "lending",
            "environment": "production",
            "platform": "ios",
            "release": "2026.11.2",
        }

    def test_a_wrong_clock_is_corrected(self, door: Door) -> None:
        """By what it showed when the request was sent; a request's ordinary way is left as it is."""
        hour = 3_600_000
        early = event(at=format_ms(now_ms() - hour - 5_000))
        late = event(at=format_ms(now_ms() + hour - 5_000))
        right = event(at=format_ms(now_ms() - 5_000))
        future = event(at=format_ms(now_ms() + hour))
        door.send(batch(early, sent_at=format_ms(now_ms() - hour)))
        door.send(batch(late, sent_at=format_ms(now_ms() + hour)))
        door.send(batch(right, sent_at=format_ms(now_ms() - 900)))
        door.send(batch(future))
        for sent in (early, late, right):
            assert abs(parse_ms(door.record(sent["id"])["at"]) - (now_ms() - 5_000)) < 4_000
        assert door.record(right["id"])["at"] == right["at"]
        found = door.record(future["id"])
        assert found["at"] == found["received_at"]

    def test_a_copy_is_accepted_again(self, door: Door) -> None:
        """Whoever had no answer sends again; the sessions agent counts an id once."""
        body = batch(event(), event())
        assert door.send(body).verdicts == door.send(body).verdicts == ["accepted"] * 2

    def test_foreign_clients_without_a_visit(self, door: Door) -> None:
        """Only what has a requestId can be used."""
        code = event({"flinksCode": "INVALID_LOGIN", "requestId": REQUEST})
        reply = door.send(batch(code, event(), connect_session_id=None))
        assert reply.verdicts == ["accepted", "rejected"]
        assert door.record(code["id"])["request_id"] == REQUEST

    def test_a_report_alone(self, door: Door) -> None:
        """A listener may tell only what it had to drop."""
        before = door.collector.counts.dropped
        assert door.send(batch(dropped=3)).verdicts == []
        assert door.collector.counts.dropped == before + 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "status", "error"),
        [
            (b"", 400, "bad_request"),
            (b"{", 400, "bad_request"),
            (b"\xff\xfe{}", 400, "bad_request"),
            ('{"v":1,"key":"\ud800"}'.encode("utf-8", "surrogatepass"), 400, "bad_request"),
            (b"[" * 100_000, 400, "bad_request"),
            (
                b'{"v":1,"key":"k","events":[{"id":"1","data":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}]}",
                413,
                None,
            ),
            (
                b'{"v":1,"key":"k","events":[{"id":"1","data":' + b"[" * 50_000 + b"]" * 50_000 + b"}]}",
                401,
                "unknown_key",
            ),
            (b'{"v":1,"key":"wk_lending_1","events":[NaN]}', 400, "bad_request"),
            (b'{"v":1,"key":"wk_lending_1","events":["\x01"]}', 400, "bad_request"),
            (b'{"v":1,"key":"wk_lending_1","release":"\\ud800","events":[]}', 400, "bad_request"),
            (b'{"v":1,"key":"\\ud800","events":[]}', 400, "bad_request"),
            (b"[]", 400, "bad_request"),
            (batch(v=2), 400, "bad_request"),
            (batch(v=True), 400, "bad_request"),
            (batch(events={}), 400, "bad_request"),
            (batch(platform="<script>"), 400, "bad_request"),
            (batch(sent_at="noon"), 400, "bad_request"),
            (batch(connect_session_id="zoe@example.com"), 400, "bad_request"),
            (batch(connect_session_id="visit-5145550199"), 400, "bad_request"),
            (batch(key="wk_unknown"), 401, "unknown_key"),
            (batch(key=None), 400, "bad_request"),
            (batch(*[event()] * 501), 413, "too_large"),
            (orjson.dumps(batch(*[event()] * 501)).replace(b"APP_MOUNTED", b"\\ud800", 1), 413, "too_large"),
            (b"x" * (256 * 1024 + 1), 413, "too_large"),
        ],
    )
    def test_as_a_whole(self, door: Door, body: Any, status: int, error: str | None) -> None:
        """A clear 4xx that shows nothing of what was sent."""
        reply = door.send(body)
        assert reply.status == status
        assert error is None or reply.json["error"] == error
        assert "zoe" not in reply.body.decode()
        assert "script" not in reply.body.decode()

    def test_the_most_there_may_be(self, door: Door) -> None:
        """500 events are taken."""
        reply = door.send(batch(*[event() for _ in range(500)]))
        assert reply.verdicts == ["accepted"] * 500

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"content_encoding": "gzip"}, 415),
            ({"content_encoding": "br"}, 415),
            ({"content_type": "application/x-www-form-urlencoded"}, 415),
            ({"content_type": "text/plain;charset=UTF-16"}, 200),
            ({"content_type": "TEXT/PLAIN"}, 200),
        ],
    )
    def test_by_headers(self, door: Door, headers: dict[str, str], status: int) -> None:
        """What is packed is not unpacked: nobody of ours packs."""
        assert door.send(batch(event()), **headers).status == status

    def test_bombs(self, door: Door) -> None:
        """A body of some kB that would be 50 MB is never unpacked, whether or not it says what it is."""
        packer = zlib.compressobj(wbits=31)
        packed = packer.compress(orjson.dumps(batch(event())))
        bomb = packed + b"".join(packer.compress(b" " * 1_000_000) for _ in range(50)) + packer.flush()
        tracemalloc.start()
        assert door.send(bomb, content_encoding="gzip").status == 415
        assert door.send(bomb).status == 400
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 5_000_000

    def test_paths_and_methods(self, door: Door) -> None:
        """404 and 405, with the method that there is."""
        assert door.ask("GET", "/").status == 404
        assert door.ask("POST", "/v1/events/", b"{}").status == 404
        refused = door.ask("GET", "/v1/events")
        assert (refused.status, refused.headers["allow"]) == (405, "POST")
        assert door.ask("POST", "/listener.js", b"").status == 405

    def test_rotating_keys(self, door: Door) -> None:
        """Two keys of an app are good at a time."""
        assert door.send(batch(event(), key=OTHER_KEY)).verdicts == ["accepted"]


def test_what_stands_on_the_topic_can_be_read(door: Door) -> None:
    """By the agent's own reader."""
    for record in door.records():
        read(orjson.dumps(record))
