"""Answers of the API and webhooks."""

from typing import Any

import pytest

from pipeline.flinks.answer import read_answer, read_webhook
from pipeline.flinks.event import Attributes, Event
from pipeline.flinks.raw import Refused, Stamp
from tests.flinks.stamps import KEYS, LOGIN, RECEIVED, REQUEST, SERVER, accepted

DETAIL = {
    "HttpStatusCode": 200,
    "Accounts": [{"Id": "4b1e", "AccountNumber": "1234567", "Balance": {"Current": 12.5}}],
    "Login": {"Username": "Greatday", "IsScheduledRefresh": False, "Id": LOGIN, "Type": "Personal"},
    "Institution": "FlinksCapital",
    "RequestId": REQUEST,
}
CHALLENGE = {
    "HttpStatusCode": 203,
    "Links": [{"rel": "Authorize", "href": "/Authorize"}],
    "SecurityChallenges": [{"Type": "QuestionAndAnswer", "Prompt": "What city were you born in?", "Iterables": []}],
    "InstitutionId": 14,
    "RequestId": REQUEST,
}


def told(body: Any, **said: Any) -> Event:
    return accepted(read_answer(body, SERVER, KEYS, **said))


class TestAnswer:
    def test_success(self) -> None:
        """Flinks sends no code then: its name is OK."""
        assert told(DETAIL, endpoint="GetAccountsDetail") == Event(
            v=1,
            id="event-2",
            source="server",
            kind="api",
            name="OK",
            received_at=RECEIVED,
            request_id=REQUEST,
            institution="FlinksCapital",
            http_status=200,
            login=KEYS.hashed(LOGIN),
            app="lending",
            environment="production",
            platform="server",
            attributes=Attributes(endpoint="GetAccountsDetail"),
        )

    def test_failure(self) -> None:
        """Its code and its status; the message is dropped."""
        body = {"HttpStatusCode": 401, "FlinksCode": "INVALID_LOGIN", "Message": "no such login", "RequestId": REQUEST}
        event = told(body)
        assert (event.kind, event.name, event.http_status, event.attributes) == ("api", "INVALID_LOGIN", 401, None)

    def test_security_question(self) -> None:
        """Status 203 is not done yet; of the challenges only the types pass."""
        event = told(CHALLENGE, endpoint=f"/v3/{LOGIN}/BankingServices/Authorize")
        assert (event.name, event.http_status, event.institution) == ("OK", 203, "FlinksCapital")
        assert event.attributes == Attributes(mfa_types=["QuestionAndAnswer"], endpoint="Authorize")

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"Institution": "Royal Bank"}, "RBC"),
            ({"InstitutionName": "TD Canada Trust", "InstitutionId": 7}, "TD"),
            ({"InstitutionId": 1}, "BMO"),
            ({"InstitutionId": "2"}, "Desjardins"),
            ({"InstitutionId": 77}, "77"),
            ({"Institution": {"Id": 2, "Name": "Caisse"}}, "Desjardins"),
            ({"Institution": {"Name": "Servus"}, "InstitutionId": 77}, "Servus"),
            ({}, None),
        ],
    )
    def test_institution(self, said: dict[str, Any], expected: str | None) -> None:
        """By name, by number, or both."""
        assert told({"HttpStatusCode": 200, "RequestId": REQUEST, **said}).institution == expected

    @pytest.mark.parametrize(
        ("status", "code", "name"),
        [
            (200, None, "OK"),
            ("200", "", "OK"),
            (200, "N/A", "OK"),
            (502, None, "HTTP_502"),
            (401, "SOMETHING_NEW", "SOMETHING_NEW"),
            (None, "RETRY_LATER", "RETRY_LATER"),
            (7, "RETRY_LATER", "RETRY_LATER"),
        ],
    )
    def test_names(self, status: Any, code: Any, name: str) -> None:
        """A failure without a code is called by its status."""
        assert told({"HttpStatusCode": status, "FlinksCode": code, "RequestId": REQUEST}).name == name

    def test_what_the_backend_knows(self) -> None:
        """Where the body lacks requestId or status, the backend tells them; the body's own count first."""
        assert told({}, request_id=REQUEST, http_status=500).name == "HTTP_500"
        event = told({"RequestId": REQUEST, "HttpStatusCode": 202, "FlinksCode": "OPERATION_PENDING"}, request_id=LOGIN)
        assert event.request_id == REQUEST

    def test_visit(self) -> None:
        """A backend that knows the visit joins it."""
        stamp = Stamp(id="e", received_at=RECEIVED, connect_session_id="visit-1")
        assert accepted(read_answer(DETAIL, stamp)).connect_session_id == "visit-1"

    @pytest.mark.parametrize(
        ("body", "reason", "detail"),
        [
            (None, "wrong_type", "the body is not a JSON object"),
            ([DETAIL], "wrong_type", "the body is not a JSON object"),
            ("{}", "wrong_type", "the body is not a JSON object"),
            ({}, "missing_field", "there is nothing like a RequestId"),
            ({"RequestId": "someone@example.com"}, "missing_field", "there is nothing like a RequestId"),
            ({"RequestId": REQUEST}, "missing_field", "there is neither a FlinksCode nor an HttpStatusCode"),
            (
                {"RequestId": REQUEST, "FlinksCode": "my secret"},
                "wrong_type",
                "FlinksCode: nothing like a name of Flinks",
            ),
            ({"RequestId": REQUEST, "FlinksCode": ["A"]}, "wrong_type", "FlinksCode: nothing like a name of Flinks"),
        ],
    )
    def test_refused(self, body: Any, reason: str, detail: str) -> None:
        """It says why, and nothing of what was in it."""
        for verdict in (read_answer(body, SERVER, KEYS), read_webhook(body, SERVER, KEYS)):
            assert isinstance(verdict, Refused)
            assert (verdict.reason, verdict.detail) == (reason, detail)


class TestWebhook:
    def test_webhook(self) -> None:
        """Its ResponseType is the endpoint."""
        event = accepted(read_webhook({"ResponseType": "GetAccountsDetail", "Tag": "t", **DETAIL}, SERVER, KEYS))
        assert (event.source, event.kind, event.name, event.http_status) == ("webhook", "api", "OK", 200)
        assert (event.request_id, event.login) == (REQUEST, KEYS.hashed(LOGIN))
        assert event.attributes == Attributes(endpoint="GetAccountsDetail")

    def test_failure(self) -> None:
        """Webhooks tell of failures too."""
        body = {"ResponseType": "KYC", "HttpStatusCode": 401, "FlinksCode": "SESSION_EXPIRED", "RequestId": REQUEST}
        event = accepted(read_webhook(body, SERVER))
        assert (event.name, event.http_status) == ("SESSION_EXPIRED", 401)
