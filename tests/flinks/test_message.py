"""Messages as browsers post them."""

import json
from typing import Any

import pytest

from pipeline.flinks.event import Attributes, Event, write
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Ignored, Refused, Stamp
from tests.flinks.stamps import BROWSER, KEYS, LOGIN, RECEIVED, REQUEST, accepted

SUBMITTED = {"step": "SUBMIT_CREDENTIAL", "institution": "FlinksCapital"}


def told(data: Any, stamp: Stamp = BROWSER) -> Event:
    return accepted(read_message(data, stamp, KEYS))


def attributes(data: dict[str, Any]) -> dict[str, Any]:
    found = told(data).attributes or Attributes()
    return {name: value for name in found.__struct_fields__ if (value := getattr(found, name)) is not None}


class TestFamilies:
    def test_step(self) -> None:
        """A user event is a step, stamped with all that it does not say itself."""
        assert json.loads(write(told(SUBMITTED))) == {
            "v": 1,
            "id": "event-1",
            "source": "browser",
            "kind": "step",
            "name": "SUBMIT_CREDENTIAL",
            "at": "2026-11-23T12:00:00.000Z",
            "received_at": RECEIVED,
            "connect_session_id": "visit-1",
            "seq": 4,
            "institution": "FlinksCapital",
            "app": "lending",
            "environment": "production",
            "platform": "web",
            "release": "2026.11.2",
        }

    def test_code(self) -> None:
        """An API event names its requestId and no step."""
        event = told(
            {"requestId": REQUEST.upper(), "flinksCode": "QUESTION_NOT_FOUND", "institution": "RBC Royal Bank"}
        )
        assert (event.kind, event.name, event.request_id) == ("code", "QUESTION_NOT_FOUND", REQUEST)
        assert event.institution == "RBC"

    @pytest.mark.parametrize("name", ["COMPONENT_LOAD_PASSKEY", "ERROR"])
    def test_names_that_nobody_knows(self, name: str) -> None:
        """They pass, and tell nothing besides."""
        event = told({"step": name, "mfaTypes": "SMS", "cached": True})
        assert event.name == name
        assert event.attributes is None

    @pytest.mark.parametrize(
        ("step", "code", "expected"),
        [
            ("COMPONENT_LOAD_CREDENTIAL_RETRY", "INVALID_LOGIN", ("code", "INVALID_LOGIN")),
            ("REDIRECT", "INVALID_LOGIN", ("step", "REDIRECT")),
            ("SUBMIT_MFA", "not a name", ("step", "SUBMIT_MFA")),
            ("not a name", "INVALID_LOGIN", ("code", "INVALID_LOGIN")),
            ("SUBMIT_MFA", "", ("step", "SUBMIT_MFA")),
            ("SUBMIT_MFA", None, ("step", "SUBMIT_MFA")),
            (7, "INVALID_LOGIN", ("code", "INVALID_LOGIN")),
        ],
    )
    def test_both(self, step: Any, code: Any, expected: tuple[str, str]) -> None:
        """The code tells more than the step, unless that is the connection itself."""
        event = told({"step": step, "flinksCode": code})
        assert (event.kind, event.name) == expected

    def test_field_names_in_any_case(self) -> None:
        """Flinks' pages write URL and url, RequestId and requestId."""
        event = told({"Step": "REDIRECT", "RequestId": REQUEST, "LoginId": LOGIN, "INSTITUTION": "TD"})
        assert (event.request_id, event.institution) == (REQUEST, "TD")
        assert event.login == KEYS.hashed(LOGIN)


class TestWrappings:
    @pytest.mark.parametrize(
        "data",
        [
            json.dumps(SUBMITTED),
            json.dumps(json.dumps(SUBMITTED)),
            {"data": SUBMITTED},
            {"data": json.dumps(SUBMITTED)},
            {
                "nativeEvent": {
                    "data": json.dumps(SUBMITTED),
                    "url": "https://example.com",
                    "title": "",
                    "canGoBack": False,
                }
            },
            {"nativeEvent": {"data": json.dumps({"data": json.dumps(SUBMITTED)})}},
            json.dumps({"nativeEvent": {"data": json.dumps(SUBMITTED)}}),
        ],
    )
    def test_unwraps(self, data: Any) -> None:
        """`stringify=true` and React Native change nothing."""
        assert told(data) == told(SUBMITTED)

    def test_a_step_with_data_is_not_unwrapped(self) -> None:
        """Who has a step is the message."""
        assert told({"step": "APP_MOUNTED", "data": SUBMITTED}).name == "APP_MOUNTED"


class TestNotFlinks:
    @pytest.mark.parametrize(
        "data",
        [
            None,
            True,
            7,
            0.5,
            "",
            "hello",
            "{",
            "\ud800",
            "[" * 60_000,
            "null",
            [],
            [SUBMITTED],
            {},
            {"type": "webpackOk"},
            {"step": 2},
            {"step": ""},
            {"step": None, "flinksCode": {}},
            json.loads('{"data":' * 8 + "{}" + "}" * 8),
            json.loads('{"data":' * 8 + json.dumps(SUBMITTED) + "}" * 8),
            {"nativeEvent": 1, "data": SUBMITTED},
        ],
    )
    def test_is_ignored(self, data: Any) -> None:
        """Others post messages too."""
        assert read_message(data, BROWSER) == Ignored()


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "stamp", "reason", "detail"),
        [
            ({"step": "my password"}, BROWSER, "wrong_type", "step or flinksCode: nothing like a name of Flinks"),
            (
                {"flinksCode": "4540123456789010"},
                BROWSER,
                "wrong_type",
                "step or flinksCode: nothing like a name of Flinks",
            ),
            ("x" * 65_537, BROWSER, "too_large", "the message has 65537 characters, 65536 are read"),
            (
                {"step": "APP_MOUNTED", "requestId": "someone@example.com"},
                Stamp(id="e", received_at=RECEIVED),
                "missing_field",
                "there is no connect_session_id, and nothing like a requestId",
            ),
        ],
    )
    def test_says_why(self, data: Any, stamp: Stamp, reason: str, detail: str) -> None:
        """Reason and detail, and nothing of what was in it."""
        verdict = read_message(data, stamp)
        assert isinstance(verdict, Refused)
        assert (verdict.reason, verdict.detail) == (reason, detail)

    def test_a_request_id_is_key_enough(self) -> None:
        """Foreign clients have no connect_session_id."""
        assert told({"step": "APP_MOUNTED", "requestId": REQUEST}, Stamp(id="e", received_at=RECEIVED)).seq is None


NEW_REDIRECT = {
    "step": "REDIRECT",
    "URL": f"https://example.com/done?loginId={LOGIN}&institution=TD&tag=t",
    "loginId": LOGIN,
    "requestId": REQUEST,
    "institution": "FlinksCapital",
}


class TestRedirect:
    def test_new(self) -> None:
        """Its fields tell all, and the address is dropped."""
        event = told(NEW_REDIRECT)
        assert (event.request_id, event.institution) == (REQUEST, "FlinksCapital")
        assert event.login == KEYS.hashed(LOGIN)
        assert LOGIN not in repr(event)
        assert "example" not in repr(event)

    @pytest.mark.parametrize(
        "url",
        [
            f"https://example.com?loginId={LOGIN}&requestId={REQUEST}&tag=TestTag&institution=Royal%20Bank",
            f"https://example.com/#/done?requestId={REQUEST}&LoginId={LOGIN}&institution=RBC",
            f"https://example.com?a=1#x&requestid={REQUEST}&loginid={LOGIN}&institution=royal+bank",
            f"example://done?loginId={LOGIN.upper()}&requestId={REQUEST.upper()}&institution=RBC&accountId={LOGIN}",
        ],
    )
    def test_old(self, url: str) -> None:
        """What has no field is in the address."""
        event = told({"step": "REDIRECT", "url": url})
        assert (event.request_id, event.institution, event.login) == (REQUEST, "RBC", KEYS.hashed(LOGIN))
        assert event == told({"step": "REDIRECT", "requestId": REQUEST, "loginId": LOGIN, "institution": "RBC"})

    @pytest.mark.parametrize(
        "url",
        [
            "",
            7,
            "https://example.com",
            "?" + "a=1&" * 60,
            "?loginId=%ff%fe",
            "https://[",
            f"?{'x' * 9_000}",
            "?\ud800=1",
        ],
    )
    def test_addresses_without_ids(self, url: Any) -> None:
        """The connection counts all the same."""
        event = told({"step": "REDIRECT", "institution": "TD", "url": url})
        assert (event.name, event.request_id, event.login, event.institution) == ("REDIRECT", None, None, "TD")

    def test_only_a_redirect_is_asked_for_its_address(self) -> None:
        """Other messages have no business with one."""
        assert told({"step": "SUBMIT_MFA", "url": f"https://x?requestId={REQUEST}"}).request_id is None

    def test_without_a_key_no_login_is_told(self) -> None:
        """A hash without a key could be guessed."""
        assert accepted(read_message(NEW_REDIRECT, BROWSER)).login is None


class TestAttributes:
    @pytest.mark.parametrize(
        ("told_types", "expected"),
        [
            ("SMS", ["SMS"]),
            ("SMS, Email", ["SMS", "Email"]),
            ('["SMS", "Email"]', ["SMS", "Email"]),
            (["SMS", "SMS", "QuestionAndAnswer"], ["SMS", "QuestionAndAnswer"]),
            ([{"type": "SMS", "prompt": "Your mother?"}], ["SMS"]),
            ({"Type": "SMS"}, ["SMS"]),
            (["What is the name of your dog?", "SMS", "123456"], ["SMS"]),
            ([f"T{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"], [f"T{x}" for x in "ABCDEFGHIJKLMNOPQRST"]),
        ],
    )
    def test_mfa_types(self, told_types: Any, expected: list[str]) -> None:
        """One, several, or objects: always a list, without doubles and without what is no type."""
        for name in ("COMPONENT_LOAD_MFA", "QUESTION_NOT_FOUND"):
            assert attributes({"step": name, "mfaTypes": told_types}) == {"mfa_types": expected}

    @pytest.mark.parametrize("told_types", [None, 7, "", [], "[", "What?", [None, 7, {}], {"a": 1}])
    def test_no_mfa_types(self, told_types: Any) -> None:
        """Then there are none."""
        assert attributes({"step": "COMPONENT_LOAD_MFA", "mfaTypes": told_types}) == {}

    @pytest.mark.parametrize("field", ["retryCount", "count", "retries", "RETRY_COUNT", "retry_count", "value"])
    def test_retry_count(self, field: str) -> None:
        """Flinks does not say how the field is called."""
        assert attributes({"step": "RETRY_COUNT", field: 0}) == {"retry_count": 0}
        assert attributes({"step": "RETRY_COUNT", field: "2"}) == {"retry_count": 2}
        assert attributes({"step": "RETRY_COUNT", field: 123456}) == {}

    def test_accounts(self) -> None:
        """How many there are and are shown."""
        data = {"step": "COMPONENT_LOAD_ACCOUNT_SELECTION", "totalAccounts": 7, "displayedAccounts": 5, "accounts": [1]}
        assert attributes(data) == {"total_accounts": 7, "displayed_accounts": 5}

    @pytest.mark.parametrize("cached", [True, False, "true", "false"])
    def test_cached(self, cached: Any) -> None:
        """Also as text."""
        expected = cached in {True, "true"}
        assert attributes({"step": "COMPONENT_LOAD_INSTITUTION_SELECTOR", "cached": cached}) == {"cached": expected}

    @pytest.mark.parametrize("account", ["8f2b-1", ["8f2b-1", "8f2b-2"], 123])
    def test_account_selected_tells_no_account(self, account: Any) -> None:
        """One id or many: none passes."""
        event = told({"step": "ACCOUNT_SELECTED", "accountId": account, "institution": "TD"})
        assert event.attributes is None
        assert "8f2b" not in repr(event)

    def test_only_what_is_allowed_for_the_name(self) -> None:
        """Attributes of another event are dropped."""
        everything = {"mfaTypes": "SMS", "retryCount": 1, "totalAccounts": 1, "displayedAccounts": 1, "cached": True}
        assert attributes({"step": "SUBMIT_CREDENTIAL", **everything}) == {}
        assert attributes({"step": "RETRY_COUNT", **everything}) == {"retry_count": 1}
