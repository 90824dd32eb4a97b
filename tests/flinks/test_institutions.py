"""One name for an institution, however it is called."""

import pytest

from pipeline.flinks.institutions import (
    INSTITUTIONS,
    SANDBOX,
    InstitutionsError,
    known_name,
    name_of_id,
    read_institutions,
)

VARIANTS = {
    "BMO": ("bmo", "Bank of Montreal", "Banque de Montreal", "BMO  Bank of Montréal"),
    "Desjardins": ("DESJARDINS", "Caisses Desjardins"),
    "EQBank": ("EQ Bank", "eq bank"),
    "FlinksCapital": ("Flinks Capital", "flinkscapital"),
    "Laurentienne": ("Laurentian Bank", "Banque Laurentienne"),
    "National": ("National Bank", "Banque Nationale", "National Bank of Canada"),
    "RBC": ("Royal Bank", "RBC Royal Bank", "royal bank of canada", " R.B.C. "),
    "Scotia": ("Scotiabank", "SCOTIA BANK", "The Bank of Nova Scotia"),
    "TD": ("TD Canada Trust", "Toronto Dominion", "Toronto-Dominion Bank", "td"),
}


class TestKnownName:
    @pytest.mark.parametrize("name", [*INSTITUTIONS, SANDBOX])
    def test_own_name(self, name: str) -> None:
        """It is its own, in any case and with any blanks."""
        assert [known_name(one) for one in (name, name.upper(), f" {' '.join(name)}\t")] == [name] * 3

    @pytest.mark.parametrize("name", VARIANTS)
    def test_variants(self, name: str) -> None:
        """Aliases, accents and punctuation make no difference."""
        assert {known_name(one) for one in VARIANTS[name]} == {name}

    @pytest.mark.parametrize("name", ["", "Servus", "Royal", "Bank", "TDX"])
    def test_others(self, name: str) -> None:
        """Nothing is guessed."""
        assert known_name(name) is None


class TestNameOfId:
    def test_known(self) -> None:
        """Those that Flinks' pages and public code show."""
        assert {number: name_of_id(number) for number in (1, 2, 14)} == {1: "BMO", 2: "Desjardins", 14: SANDBOX}

    def test_unknown(self) -> None:
        """Nothing is guessed."""
        assert name_of_id(3) is None


class TestReadInstitutions:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ('[A]\nalso = ["B b"]\n[C]\nalso = ["bB"]', "C: bB is A's name too"),
            ("[A]\nids = [1]\n[C]\nids = [1]", "C: 1 is A's id too"),
            ("[A]\nalias = []", "A: there is no alias"),
            ("[A]", "one institution is the sandbox, not 0"),
            ("[A]\nsandbox = true\n[B]\nsandbox = true", "one institution is the sandbox, not 2"),
        ],
    )
    def test_says_what_is_wrong(self, text: str, complaint: str) -> None:
        """Two institutions do not share a name, and the message says which would."""
        with pytest.raises(InstitutionsError, match=complaint):
            read_institutions(text)
