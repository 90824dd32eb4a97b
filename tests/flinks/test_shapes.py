"""What passes as what."""

from typing import Any

import pytest

from pipeline.flinks import shapes
from pipeline.flinks.catalogue import CATALOGUE

UUID = "b92b2bbd-31f8-4e36-795b-08db4111f24d"
NOTHING: list[Any] = [None, "", " ", 7.5, True, [], {}, ["RBC"], "\ud800", "a\x00b", "x" * 10_000]
SECRETS = [
    "someone@example.com",
    "https://example.com/?loginId=1",
    "4540 1234 5678 9010",
    "4540123456789010",
    "514-555-0199",
    "Tr0ub4dor&3!",
    "What is your mother's maiden name?",
]


class TestIdentifier:
    @pytest.mark.parametrize("value", [UUID, "3EB951D4-5738-4004-81B2-FB28C5E4C1A0", "req-12345a", "a1" * 32])
    def test_passes(self, value: str) -> None:
        """UUIDs in small letters, and what else looks like an id."""
        assert shapes.identifier(f" {value} ") == (value.lower() if len(value) == 36 else value)

    @pytest.mark.parametrize(
        "value", [*NOTHING, *SECRETS, "short1", "onlyletters", "12345678", "a1" * 33, "acct-1234567"]
    )
    def test_does_not_pass(self, value: Any) -> None:
        """Numbers alone, words alone, and what has blanks or signs."""
        assert shapes.identifier(value) is None


class TestFlinksName:
    @pytest.mark.parametrize("name", CATALOGUE)
    def test_known(self, name: str) -> None:
        """Every name of the catalogue."""
        assert shapes.flinks_name(f" {name}\n") == name

    def test_other_spelling(self) -> None:
        """One of Flinks' pages writes a blank."""
        assert shapes.flinks_name("BANK MAINTENANCE_RETRY_LATER") == "BANK_MAINTENANCE_RETRY_LATER"

    @pytest.mark.parametrize("name", ["ERROR", "COMPONENT_LOAD_PASSKEY", "STEP_2FA", "A1"])
    def test_unknown(self, name: str) -> None:
        """Flinks adds names, and they pass."""
        assert shapes.flinks_name(name) == name

    @pytest.mark.parametrize(
        "value",
        [
            *NOTHING,
            *SECRETS,
            "redirect",
            "A",
            "_A",
            "A" * 65,
            UUID.replace("-", "").upper(),
            "CODE_123456",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        ],
    )
    def test_does_not_pass(self, value: Any) -> None:
        """Small letters, numbers, keys."""
        assert shapes.flinks_name(value) is None


class TestInstitution:
    @pytest.mark.parametrize(
        ("name", "number", "expected"),
        [
            ("RBC Royal Bank", None, "RBC"),
            ("  caisse   populaire desjardins ", None, "Desjardins"),
            (14, None, "FlinksCapital"),
            ("2", None, "Desjardins"),
            (None, 1, "BMO"),
            (None, "1", "BMO"),
            (77, None, "77"),
            (None, 77, "77"),
            ("Servus  Credit Union ", None, "Servus Credit Union"),
            ("Servus", 1, "BMO"),
            ("TD", 1, "TD"),
            ("Cre\u0301dit Agricole", None, "Cr\u00e9dit Agricole"),
            ("People\u2019s Trust (Ontario), No. 1", None, "People\u2019s Trust (Ontario), No. 1"),
        ],
    )
    def test_passes(self, name: Any, number: Any, expected: str) -> None:
        """Our name by name or number; else the cleaned name."""
        assert shapes.institution(name, number) == expected

    @pytest.mark.parametrize("value", [*NOTHING, *SECRETS, UUID, "12345", -1, 10**30, "x" * 65, "key4abcdefghijklmnop"])
    def test_does_not_pass(self, value: Any) -> None:
        """What no institution is called."""
        assert shapes.institution(value) is None


class TestMfaType:
    @pytest.mark.parametrize(
        "value", ["SMS", "QuestionAndAnswer", "TextOrCall", "MultipleChoiceMultipleAnswers", "otp_2fa"]
    )
    def test_passes(self, value: str) -> None:
        """One word."""
        assert shapes.mfa_type(value) == value

    @pytest.mark.parametrize("value", [*NOTHING, *SECRETS, UUID, "123456", "Code1234", "my dog"])
    def test_does_not_pass(self, value: Any) -> None:
        """Questions, answers and codes."""
        assert shapes.mfa_type(value) is None


class TestEndpoint:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("GetAccountsDetail", "GetAccountsDetail"),
            ("KYC", "KYC"),
            (f"/v3/{UUID}/BankingServices/GetAccountsDetailAsync/{UUID}", "GetAccountsDetailAsync"),
            (f"https://demo-api.private.fin.ag/v3/{UUID}/BankingServices/Authorize?x={UUID}", "Authorize"),
        ],
    )
    def test_passes(self, value: str, expected: str) -> None:
        """Its name alone, also out of a path with ids."""
        assert shapes.endpoint(value) == expected

    @pytest.mark.parametrize("value", [*NOTHING, *SECRETS, UUID, f"/v3/{UUID}", "lower", "A" * 41])
    def test_does_not_pass(self, value: Any) -> None:
        """What is no endpoint."""
        assert shapes.endpoint(value) is None


class TestNumber:
    @pytest.mark.parametrize(("value", "expected"), [(0, 0), (99, 99), ("3", 3), ("007", 7)])
    def test_passes(self, value: Any, expected: int) -> None:
        """Small ones, also as text."""
        assert shapes.number(value, 100) == expected

    @pytest.mark.parametrize("value", [*NOTHING, -1, 100, 1.0, "-1", "1.5", "100", "0003", "\u0663", 10**30])
    def test_does_not_pass(self, value: Any) -> None:
        """Large ones may be anyone's account."""
        assert shapes.number(value, 100) is None
