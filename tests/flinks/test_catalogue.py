"""The catalogue against what Flinks lists, and its own rules."""

import re
from pathlib import Path

import pytest

from pipeline.flinks.catalogue import CATALOGUE, STAGES, CatalogueError, FailureClass, Role, read_catalogue
from tests.flinks.listed import listed, listed_in

SOURCE = Path(__file__).parents[3] / "shared/flinks/event-listener.txt"
"""Flinks' page, which is not ours to keep in the repository."""
OURS_AFTER_WORDS = 7
"""So many words in a row that are also Flinks' would be Flinks' sentence."""

CLASSES = {
    FailureClass.USER: """
        INVALID_LOGIN INVALID_USERNAME INVALID_PASSWORD INVALID_SECURITY_RESPONSE
        INVALID_SECURITY_RESPONSE_NO_RETRY SECURITYRESPONSES_INCOMPLETE MAXIMUM_RETRY_REACHED
    """,
    FailureClass.USER_AT_BANK: "NEW_ACCOUNT DISABLED_LOGIN",
    FailureClass.INSTITUTION: """
        RETRY_LATER DISABLED_INSTITUTION INSTITUTION_NOT_AVAILABLE UNAUTHORIZED BANK_MAINTENANCE_RETRY_LATER
    """,
    FailureClass.PLATFORM: "AGGREGATION_ERROR UNHANDLED",
    FailureClass.INTEGRATION: """
        INVALID_REQUEST ACCESS_DENIED TOKEN_INVALID CARD_IN_USE CONCURRENT_SESSION ALREADY_AUTHORIZED
        UNKNOWN_CHALLENGE_KEY METHOD_NOT_AVAILABLE TOO_MANY_REQUESTS INVALID_INSTITUTION POPUP_BLOCKED
    """,
    FailureClass.EXPIRY: "SESSION_EXPIRED SESSION_NONEXISTENT",
}

STEP = """
stages = ["mounted"]
[APP_MOUNTED]
listed = ["user events"]
kinds = ["step"]
stage = "mounted"
role = "progress"
about = "Shown."
advice = "Nothing."
"""
CODE = """
stages = []
[INVALID_LOGIN]
listed = ["API events"]
kinds = ["code"]
http_status = 401
role = "failure"
class = "user"
about = "Wrong."
message = "Wrong."
advice = "Nothing."
"""


@pytest.fixture
def source() -> str:
    if not SOURCE.exists():
        pytest.skip("no ../shared/flinks/event-listener.txt beside the checkout")
    return SOURCE.read_text("utf-8")


class TestWhatFlinksLists:
    def test_numbers(self) -> None:
        """61 user events; 29 rows of codes: 27 names, one of them twice, and success."""
        found = listed()
        assert len(found.user_events) == len(set(found.user_events)) == 61
        assert len(found.api_events) == 29
        assert len({code for _, code in found.api_events} - {None}) == 27
        assert [code for _, code in found.api_events].count("INVALID_LOGIN") == 2

    def test_our_copy_of_the_facts_is_flinks(self, source: str) -> None:
        """listed.csv has the names and statuses of the page, in its order."""
        assert listed() == listed_in(source)

    def test_every_user_event_is_known(self) -> None:
        """The catalogue says of exactly these that they are user events, and that they come as steps."""
        known = {name for name, entry in CATALOGUE.items() if "user events" in entry.listed}
        assert known == set(listed().user_events)
        assert {name for name in known if "step" not in CATALOGUE[name].kinds} == set()

    def test_every_code_is_known_with_its_status(self) -> None:
        """The catalogue says of exactly these that they are API events; success is OK."""
        known = {(entry.http_status, name) for name, entry in CATALOGUE.items() if "API events" in entry.listed}
        assert known == {(status, code or "OK") for status, code in listed().api_events}
        assert {name for _, name in known if not {"code", "api"} & set(CATALOGUE[name].kinds)} == set()

    def test_the_rest_is_from_public_code(self) -> None:
        """Only two names are known that Flinks does not list."""
        rest = [name for name, entry in CATALOGUE.items() if entry.listed == ("public code",)]
        assert rest == ["TOKEN_INVALID", "BANK_MAINTENANCE_RETRY_LATER"]

    def test_what_it_says_is_in_our_words(self, source: str) -> None:
        """No run of seven words of the catalogue stands on Flinks' page."""
        theirs = _runs(source)
        for name, entry in CATALOGUE.items():
            for meaning in (entry.in_browser, entry.outside_browser):
                ours = _runs(f"{meaning.about} . {meaning.message} . {meaning.advice}")
                assert ours & theirs == set(), name


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+|\.", text.lower())
    return {tuple(words[at : at + OURS_AFTER_WORDS]) for at in range(len(words) - OURS_AFTER_WORDS + 1)}


class TestCatalogue:
    def test_invalid_login_has_two_meanings(self) -> None:
        """In the browser a wrong password, which is the user's; at the backend a wrong loginId, which is ours."""
        entry = CATALOGUE["INVALID_LOGIN"]
        assert entry.in_browser.failure_class is FailureClass.USER
        assert entry.outside_browser.failure_class is FailureClass.INTEGRATION
        assert "password" in entry.in_browser.about
        assert "loginId" in entry.outside_browser.about
        assert entry.in_browser.advice != entry.outside_browser.advice

    def test_no_other_name_has(self) -> None:
        """Everything else means the same wherever it comes from."""
        assert [name for name, entry in CATALOGUE.items() if entry.in_browser != entry.outside_browser] == [
            "INVALID_LOGIN"
        ]

    def test_classes(self) -> None:
        """Every failure is of the class that the facts give it, and nothing else is a failure."""
        found = {
            name: entry.in_browser.failure_class for name, entry in CATALOGUE.items() if entry.role is Role.FAILURE
        }
        assert found == {name: its_class for its_class, names in CLASSES.items() for name in names.split()}

    def test_roles(self) -> None:
        """The security question is the ordinary way and no failure; only three names are in progress."""
        by_role = {role: {name for name, entry in CATALOGUE.items() if entry.role is role} for role in Role}
        assert by_role[Role.IN_PROGRESS] == {"QUESTION_NOT_FOUND", "OPERATION_PENDING", "OPERATION_DISPATCHED"}
        assert by_role[Role.BENIGN] == {"NO_TRANSACTION"}
        assert by_role[Role.TERMINAL] == {"REDIRECT", "COMPONENT_CLOSE_SESSION"}

    def test_every_stage_is_reached_by_some_name(self) -> None:
        """And what is progress reaches a stage."""
        assert {entry.stage for entry in CATALOGUE.values()} == {None, *STAGES}
        assert all(entry.stage for entry in CATALOGUE.values() if entry.role is Role.PROGRESS)

    def test_says_what_every_name_means(self) -> None:
        """In sentences of our own, each name its own."""
        meanings = {meaning for entry in CATALOGUE.values() for meaning in (entry.in_browser, entry.outside_browser)}
        assert all(meaning.about.endswith(".") and meaning.advice.endswith(".") for meaning in meanings)
        assert len({meaning.about for meaning in meanings}) == len(CATALOGUE) + 1

    def test_attempts(self) -> None:
        """Two ways to try a login."""
        assert {name for name, entry in CATALOGUE.items() if entry.attempt} == {"SUBMIT_CREDENTIAL", "POPUP_OPENED"}


class TestReadCatalogue:
    def test_reads(self) -> None:
        """Stages and entries, and what is missing means no."""
        stages, entries = read_catalogue(STEP)
        assert stages == ("mounted",)
        assert entries["APP_MOUNTED"].in_browser.about == "Shown."
        assert entries["APP_MOUNTED"].outside_browser is entries["APP_MOUNTED"].in_browser
        assert not entries["APP_MOUNTED"].attempt

    @pytest.mark.parametrize(
        ("text", "old", "new", "complaint"),
        [
            (STEP, '"user events"', '"somewhere"', "listed is one or more of"),
            (STEP, '["user events"]', "[]", "listed is one or more of"),
            (STEP, '"step"', '"step", "letter"', "kinds are"),
            (STEP, 'stage = "mounted"', 'stage = "late"', "no stage is called late"),
            (STEP, '"progress"', '"going"', "'going' is not a valid Role"),
            (STEP, '"progress"', '"failure"', "a failure needs a class"),
            (STEP, 'about = "Shown."', "", "'about'"),
            (STEP, '"Nothing."', '""', "about and advice say something"),
            (STEP, "about", "abuot", "'about'"),
            (STEP, "stage =", "stag =", "unexpected keyword argument 'stag'"),
            (STEP, "advice", 'attributes = ["url"]\nadvice', "attributes are cached"),
            (STEP, "advice", 'message = "Hm."\nadvice', "a code or answer has a message"),
            (CODE, 'message = "Wrong."', "", "a code or answer has a message"),
            (CODE, "http_status = 401", "", "an API event has an HTTP status"),
            (CODE, "401", "4010", "4010 is no HTTP status"),
            (CODE, '"user"', '"nobody"', "'nobody' is not a valid FailureClass"),
            (CODE, "[INVALID_LOGIN]", "[INVALID_LOGIN.outside_browser]\nx = 1\n[INVALID_LOGIN]", "'about'"),
        ],
    )
    def test_says_what_is_wrong(self, text: str, old: str, new: str, complaint: str) -> None:
        """An entry that can not be is named, with the reason."""
        assert old in text
        with pytest.raises(CatalogueError, match=r"catalogue.toml, (APP_MOUNTED|INVALID_LOGIN): ") as raised:
            read_catalogue(text.replace(old, new, 1))
        assert complaint in str(raised.value)
