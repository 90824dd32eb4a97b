"""Labels of metrics are bounded, whatever events say."""

from pipeline.flinks.institutions import INSTITUTIONS
from pipeline.sessions import Offline, SessionFold, Settings, Tally
from pipeline.sessions.counting import Labels
from pipeline.sessions.offline import END_MS
from tests.metrics.events import NOON_MS, event


class TestInstitutionLabel:
    def test_variants_are_one(self) -> None:
        """Events of foreign producers may spell an institution as they like."""
        labels = Labels(INSTITUTIONS)
        spellings = ("RBC", "rbc", "Royal Bank", "RBC ROYAL BANK", "Banque Royale du Canada")
        for _ in range(2):
            assert {labels.institution(name) for name in spellings} == {"RBC"}

    def test_is_as_the_operator_wrote_it(self) -> None:
        """The list of the settings may have other names, and institutions that we do not know."""
        labels = Labels(["Royal Bank", "Servus Credit Union"])
        assert labels.institution("RBC") == "Royal Bank"
        assert labels.institution("SERVUS CREDIT UNION") == "Servus Credit Union"

    def test_the_rest(self) -> None:
        """What is not listed is other, and nothing is unknown."""
        labels = Labels(["RBC"])
        assert labels.institution("TD") == "other"
        assert labels.institution("—") == "other"
        assert labels.institution(None) == "unknown"

    def test_remembers_no_more_than_some(self) -> None:
        """Made-up names do not fill the memory."""
        labels = Labels(["RBC"])
        assert {labels.institution(f"Bank {number}") for number in range(5_000)} == {"other"}
        assert labels.institution("royal bank") == "RBC"
        assert len(labels._spellings) == 2_000


class TestSandbox:
    @staticmethod
    def tally(institution: str, *, include_sandbox: bool) -> Tally:
        settings = Settings(institutions=("RBC", "FlinksCapital"), include_sandbox=include_sandbox)
        run = Offline(SessionFold(0, settings=settings))
        run.take([event(at_ms=NOON_MS, name="REDIRECT", institution=institution)])
        run.fold.advance(END_MS)
        tally = run.gather().tally
        assert isinstance(tally, Tally)
        return tally

    def test_is_left_out_however_it_is_spelled(self) -> None:
        """Neither session nor visit nor the time that it took are counted."""
        for name in ("FlinksCapital", "flinks capital", "FLINKSCAPITAL"):
            tally = self.tally(name, include_sandbox=False)
            assert (tally.sessions, tally.visits, tally.time_to_connect_ms) == ({}, {}, [])

    def test_counts_where_it_is_asked_for(self) -> None:
        """As any other, under its one name."""
        tally = self.tally("flinks capital", include_sandbox=True)
        assert [institution for _, _, institution, _, _ in tally.sessions] == ["FlinksCapital"]
        assert tally.time_to_connect_ms == [0]

    def test_others_always_count(self) -> None:
        """Also where the institution is not known."""
        assert len(self.tally("Servus", include_sandbox=False).time_to_connect_ms) == 1
