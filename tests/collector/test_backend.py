"""POST /v1/api-events and the webhooks."""

import base64
import time
import uuid

import orjson
import pytest

from pipeline.collector.keys import App
from pipeline.collector.recent_ids import RecentIds
from pipeline.collector.signature import signer
from tests.cli.running import eventually
from tests.collector.doors import BEARER, Door, opened, signed
from tests.flinks.secrets import Planter, leaks

LOGIN = "b92b2bbd-31f8-4e36-795b-08db4111f24d"


def answer(**fields: object) -> dict[str, object]:
    return {
        "HttpStatusCode": 200,
        "RequestId": str(uuid.uuid4()),
        "Institution": "RBC",
        "Login": {"Id": LOGIN, "Username": "zqsecretuser"},
        "Accounts": [{"AccountNumber": "00412-003-7654321"}],
    } | fields


def hook(**fields: object) -> bytes:
    return orjson.dumps(answer(ResponseType="GetAccountsDetail") | fields)


class TestApiEvents:
    def test_an_answer_as_it_came(self, door: Door) -> None:
        """One event of its RequestId, and nothing of what is private."""
        body = answer(FlinksCode="INVALID_LOGIN", HttpStatusCode=401)
        reply = door.answered(body, idempotency_key="answer-1")
        assert reply.json == {"v": 1, "events": [{"id": "answer-1", "verdict": "accepted"}]}
        found = door.record("answer-1")
        assert (found["source"], found["kind"], found["name"], found["http_status"]) == (
            "server",
            "api",
            "INVALID_LOGIN",
            401,
        )
        assert (found["request_id"], found["app"], found["platform"]) == (body["RequestId"], "lending", "server")
        assert not leaks([orjson.dumps(found)])

    def test_several_with_what_is_known_of_them(self, door: Door) -> None:
        """As the client sends them; one that can not be used is told."""
        request = str(uuid.uuid4())
        events = [
            {"id": "a-1", "endpoint": "Authorize", "request_id": request, "http_status": 202, "data": {}},
            {"id": "a-2", "data": answer(RequestId=None)},
            {"id": "a-3"},
            {"data": answer()},
            {"id": "a-5", "at": "noon", "data": answer()},
            7,
        ]
        reply = door.answered({"v": 1, "events": events})
        assert reply.verdicts == ["accepted", *["rejected"] * 5]
        reasons = [verdict.get("reason") for verdict in reply.json["events"]]
        assert reasons == [None, "missing_field", "missing_field", "missing_field", "wrong_type", "wrong_type"]
        found = door.record("a-1")
        assert (found["request_id"], found["attributes"]) == (request, {"endpoint": "Authorize"})

    @pytest.mark.parametrize("broken", ['"\\ud800"', "1e400", "[" * 5_000 + "]" * 5_000])
    def test_what_strict_readers_refuse(self, door: Door, broken: str) -> None:
        """Half a character, a number without end or deep nesting does no harm in what is dropped, nor elsewhere."""
        told = {"content_type": "application/json", "authorization": f"Bearer {BEARER}"}
        events = [{"id": str(uuid.uuid4()), "data": answer(Note="BROKEN")}, {"id": "BROKEN", "data": answer()}]
        events += [
            {"id": str(uuid.uuid4()), "data": answer(**{name: "BROKEN"})}
            for name in ("Institution", "InstitutionId", "FlinksCode", "SecurityChallenges", "Login", "HttpStatusCode")
        ]
        body = orjson.dumps({"v": 1, "events": events}).replace(b'"BROKEN"', broken.encode())
        reply = door.ask("POST", "/v1/api-events", body, **told)
        accepted = ["accepted"] * 2
        assert reply.verdicts == ["accepted", "rejected", *accepted, "rejected", *accepted, "rejected"]
        if broken == '"\\ud800"':
            odd = body.replace(b'"data"', b'"\\ud800":1,"data"', 1)
            assert door.ask("POST", "/v1/api-events", odd, **told).verdicts[:3] == ["rejected", "rejected", "accepted"]
            odd = body.replace(b'"v"', b'"\\ud800":1,"v"', 1)
            assert door.ask("POST", "/v1/api-events", odd, **told).status == 400
        single = orjson.dumps(answer(Note="BROKEN")).replace(b'"BROKEN"', broken.encode())
        assert door.ask("POST", "/v1/api-events", single, **told).verdicts == ["accepted"]
        assert door.webhook(single).verdicts == ["accepted"]

    @pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \xff"])
    def test_without_the_key(self, door: Door, authorization: str) -> None:
        """401 before the body is looked at."""
        reply = door.ask("POST", "/v1/api-events", b"{", authorization=authorization)
        assert (reply.status, reply.json["error"], reply.headers["www-authenticate"]) == (401, "unknown_key", "Bearer")

    @pytest.mark.parametrize("body", [[], {"v": 1, "events": 7}, {"v": 2, "events": []}, {"events": []}, "text"])
    def test_bodies_that_are_none(self, door: Door, body: object) -> None:
        """400."""
        assert door.answered(body).status == 400

    def test_an_answer_with_all_transactions(self, door: Door) -> None:
        """Some MB are no trouble; 8 MiB are."""
        assert door.answered(answer(Transactions=["x" * 1000] * 4000)).verdicts == ["accepted"]
        assert door.answered(answer(Transactions=["x" * 1000] * 9000)).status == 413


class TestWebhooks:
    @pytest.mark.parametrize("header", ["flinks_authenticity_key", "x_flinks_signature"])
    def test_either_header(self, door: Door, header: str) -> None:
        """Flinks' older name and the newer one; 200 exactly."""
        body = hook()
        reply = door.webhook(body, **{header: signed(body)})
        assert reply.status == 200
        (verdict,) = reply.json["events"]
        found = door.record(verdict["id"])
        assert (found["source"], found["name"]) == ("webhook", "OK")
        assert found["attributes"] == {"endpoint": "GetAccountsDetail"}

    @pytest.mark.parametrize(
        "signature",
        [
            "",
            "AAAA",
            "not base64!",
            base64.b64encode(b"\0" * 32).decode(),
            signed(b"another body"),
            signed(hook(), "another secret of others"),
        ],
        ids=["none", "short", "not-base64", "zeros", "of-another-body", "of-another-secret"],
    )
    def test_forged(self, door: Door, signature: str) -> None:
        """401, and nothing on the topic."""
        before = len(door.records())
        body = hook()
        assert door.webhook(body, x_flinks_signature=signature).status == 401
        assert door.webhook(body[:-1] + b" }", x_flinks_signature=signed(body)).status == 401
        assert len(door.records()) == before

    def test_one_good_signature_is_enough(self, door: Door) -> None:
        """Flinks may send both headers while it changes."""
        body = hook()
        assert door.webhook(body, x_flinks_signature="AAAA", flinks_authenticity_key=signed(body)).status == 200

    def test_copies_for_five_hours(self, kafka: str) -> None:
        """Flinks repeats what it had no answer to: each is answered with 200, and one record is there."""
        now = [time.time()]
        with opened(kafka, clock=lambda: now[0]) as door:
            body = hook()
            ids = set()
            for _ in range(11):
                reply = door.webhook(body)
                assert reply.verdicts == ["accepted"]
                ids.add(reply.json["events"][0]["id"])
                now[0] += 30 * 60
            assert len(ids) == 1
            assert len(door.records()) == 1
            assert door.collector.counts.repeated_webhooks == 10

    def test_copies_at_other_collectors(self, kafka: str) -> None:
        """At another one that runs, and after a restart: none is told again, however late it comes."""
        bodies = hook(), hook()
        with opened(kafka) as first, opened(kafka, prefix=first.prefix) as second:
            ids = [_taken(door, body) for door, body in zip((first, second), bodies, strict=True)]
            eventually(lambda: second.collector.webhook_ids.before(ids[0]), "the other one learns of it")
            assert _taken(second, bodies[0]) == ids[0]
            assert second.collector.counts.repeated_webhooks == 1
        with opened(kafka, prefix=first.prefix, clock=lambda: time.time() + 4 * 3600) as restarted:
            assert [_taken(restarted, body) for body in bodies] == ids
            assert restarted.collector.counts.repeated_webhooks == 2
            assert sorted(record["id"] for record in restarted.records()) == sorted(ids)

    def test_what_can_not_be_used_is_answered_with_200(self, door: Door) -> None:
        """Or Flinks would repeat it for hours."""
        for body in (b"{", b"[]", b'{"ResponseType": "KYC"}', b""):
            reply = door.webhook(body)
            assert (reply.status, reply.verdicts) == (200, ["rejected"])


def _taken(door: Door, body: bytes) -> str:
    """The webhook's id; it is accepted."""
    (verdict,) = door.webhook(body).json["events"]
    assert verdict["verdict"] == "accepted"
    return str(verdict["id"])


class TestSigner:
    def test_the_app_is_that_of_the_secret(self) -> None:
        """Each app has its own, and several while one is being changed."""
        one, two = App("one"), App("two")
        secrets = ((b"a" * 16, one), (b"b" * 16, two), (b"c" * 16, two))
        for secret, app in secrets:
            assert signer(b"body", {b"x-flinks-signature": signed(b"body", secret.decode()).encode()}, secrets) is app
        assert signer(b"body", {b"x-flinks-signature": signed(b"body").encode()}, secrets) is None
        assert signer(b"body", {}, secrets) is None


def test_seen_is_bounded() -> None:
    """By time and by number, the oldest first."""
    seen = RecentIds(keep_s=10, most=3)
    for number in range(5):
        seen.add(str(number), float(number))
    assert [str(number) in seen for number in range(5)] == [False, False, True, True, True]
    seen.add("5", 13.5)
    assert "3" not in seen
    assert "4" in seen
    assert len(seen) == 2


def test_no_secret_gets_through(door: Door) -> None:
    """Whatever stands in whatever place of an answer or webhook."""
    planter = Planter(5)
    for body in planter.bodies(60):
        door.answered(body)
        door.webhook(orjson.dumps(body))
    assert not leaks([orjson.dumps({**record, "request_id": None}) for record in door.records()])
