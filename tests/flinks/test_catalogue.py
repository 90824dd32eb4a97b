"""The catalogue is complete, and what stands in its file is checked."""

import pytest

from pipeline.flinks.catalogue import CATALOGUE, STAGES, CatalogueError, FailureClass, Role, read_catalogue

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


class TestCatalogue:
    def test_counts(self) -> None:
        """It has the 61 user events and 27 codes of Flinks' list, two codes from elsewhere and the success."""
        kinds = [kind for entry in CATALOGUE.values() for kind in entry.kinds]
        assert (kinds.count("step"), kinds.count("code"), kinds.count("api")) == (61, 29, 1)
        assert len(CATALOGUE) == 61 + 29 + 1 - 5  # five names are in both lists

    def test_classes(self) -> None:
        """Every failure is of the class that the facts give it, and nothing else is a failure."""
        found = {name: entry.failure_class for name, entry in CATALOGUE.items() if entry.failure_class}
        assert found == {name: its_class for its_class, names in CLASSES.items() for name in names.split()}

    def test_invalid_login_has_two_meanings(self) -> None:
        """At the backend it is the LoginId that is wrong."""
        assert CATALOGUE["INVALID_LOGIN"].failure_class_outside_browser is FailureClass.INTEGRATION
        others = [entry for entry in CATALOGUE.values() if entry.name != "INVALID_LOGIN"]
        assert all(entry.failure_class_outside_browser == entry.failure_class for entry in others)

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
        """In a sentence of our own."""
        assert all(entry.about.endswith(".") for entry in CATALOGUE.values())
        assert len({entry.about for entry in CATALOGUE.values()}) == len(CATALOGUE)


class TestReadCatalogue:
    @pytest.mark.parametrize(
        ("table", "complaint"),
        [
            ('kinds = ["step"]\nrole = "odd"\nabout = "."', "odd"),
            ('kinds = ["step"]\nrole = "failure"\nabout = "."', "a failure needs a class"),
            ('kinds = ["step"]\nrole = "progress"\nclass = "user"\nabout = "."', "nothing else has one"),
            ('kinds = ["step"]\nrole = "progress"\nstage = "moon"\nabout = "."', "moon"),
            ('kinds = ["letter"]\nrole = "progress"\nabout = "."', "kinds are"),
            ('kinds = ["step"]\nrole = "progress"\nabout = "."\ncolour = 3', "colour"),
            ('kinds = ["step"]\nrole = "progress"', "about"),
        ],
    )
    def test_mistakes(self, table: str, complaint: str) -> None:
        """A mistake in the file is told with the name of the entry."""
        with pytest.raises(CatalogueError, match=complaint) as caught:
            read_catalogue(f'stages = ["mounted"]\n[SOME_NAME]\n{table}\n')
        assert "SOME_NAME" in str(caught.value)
