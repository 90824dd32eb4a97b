"""What is learned, and what is not."""

import numpy as np
import pytest

from pipeline.alerts import Alerts, AlertSettings, Bucket, Row
from pipeline.alerts.dispersion import Dispersion
from pipeline.alerts.learned import Learned
from pipeline.alerts.season import Season
from pipeline.alerts.thresholds import FLOOR_NATS, needed
from tests.alerts.running import START, after, steady, tell


def rate(alerts: Alerts, institution: str, code: str) -> float:
    assert alerts.evidence is not None
    return float(alerts.evidence.rate[alerts.table.numbers[institution, code]])


class TestBaselines:
    def test_a_new_bank_begins_with_the_fleets_rate(self) -> None:
        """Priors by code: a bank of which nothing is known is thought to be like the others."""
        alerts = Alerts()
        old = [Row(name, "SESSION_EXPIRED", 6, 100) for name in "ABCD"]
        for bucket in steady(60, *old):
            alerts.take(bucket)
        alerts.take(Bucket(START + 60, [*old, Row("NEW", "SESSION_EXPIRED", 0, 1)]))
        assert rate(alerts, "NEW", "SESSION_EXPIRED") == pytest.approx(0.06, rel=0.2)

    def test_follows_the_hour(self) -> None:
        """After four days of a rate that is higher by two fifths from 6 to 12, it is expected to be."""
        alerts = Alerts(AlertSettings(width_min=5))
        for minute in range(0, 4 * 1440, 5):
            errors = 14 if 360 <= minute % 1440 < 720 else 10
            assert alerts.take(Bucket(START + minute, [Row("A", "SESSION_EXPIRED", errors, 200)])) == []
        factor = [float(alerts.baselines.season.factor(START + hour * 60, alerts.table.code)[0]) for hour in (3, 9)]
        assert 1.15 < factor[1] / factor[0] < 1.6

    def test_does_not_learn_from_an_incident(self) -> None:
        alerts = Alerts()
        buckets = steady(90, Row("A", "RETRY_LATER", 1, 100))
        for bucket in buckets:
            alerts.take(bucket)
        usual = rate(alerts, "A", "RETRY_LATER")
        for bucket in steady(60, Row("A", "RETRY_LATER", 80, 100), start=after(buckets)):
            alerts.take(bucket)
        assert rate(alerts, "A", "RETRY_LATER") < 1.5 * usual

    def test_a_window_is_judged_by_what_was_known_before_it(self) -> None:
        """What goes up slowly does not take its baseline along; what stays up does."""
        usual, risen = (Alerts(AlertSettings(width_min=5)) for _ in range(2))
        day, hour = 288, 12
        for place, bucket in enumerate(steady(3 * day, Row("A", "SESSION_EXPIRED", 20, 400), width=5)):
            usual.take(bucket)
            errors = 20 if place < 2 * day else 28
            assert risen.take(Bucket(bucket.minute, [Row("A", "SESSION_EXPIRED", errors, 400)])) == []
            if place < 2 * day + 3 * hour:
                assert rate(risen, "A", "SESSION_EXPIRED") == rate(usual, "A", "SESSION_EXPIRED")
        assert rate(risen, "A", "SESSION_EXPIRED") > 1.2 * rate(usual, "A", "SESSION_EXPIRED")

    def test_an_hour_is_not_judged_by_itself(self) -> None:
        """Its shape counts from the next day on, and is dropped if it turns out to be trouble."""
        season, codes, one = Season(), np.array([0]), np.array([100.0])
        season.grow(1)
        for minute in range(60):
            season.learn(minute, 1, 2 * one, one)
        assert season.factor(30, codes) == 1
        season.doubt(59, 30, np.array([0]))
        season.learn(1440, 1, one, one)
        assert season.factor(30, codes) == 1
        for minute in range(1500, 1560):
            season.learn(minute, 1, 2 * one, one)
        season.learn(1500 + 1440, 1, one, one)
        assert season.factor(90, codes) > 1.9

    def test_a_window_that_is_not_whole_says_nothing(self) -> None:
        """It is one of a shorter horizon, whose scatter is larger."""
        alerts = Alerts()
        for bucket in [
            *steady(8, Row("A", "RETRY_LATER", 1, 100)),
            *steady(2, Row("A", "RETRY_LATER", 90, 100), start=START + 8),
        ]:
            alerts.take(bucket)
        assert alerts.evidence is not None
        told = alerts.evidence.nats[:, 0] > 0
        assert told[alerts.evidence.buckets <= 8].all()
        assert not told[alerts.evidence.buckets > 10].any()

    def test_what_began_before_it_was_seen_is_not_learned(self) -> None:
        """An incident takes back what the hours before it taught."""
        learned = Learned(1, np.array([1, 180]))
        learned.begin(0, 2)
        learned.seen[:] = 1440
        for minute in (180, 360):
            learned.levels[0].exposure[:] = minute
            learned.begin(minute, 2)
        learned.levels[0].exposure[:] = 400
        learned.doubt(np.array([1]))
        assert [level.exposure.tolist() for level in learned.levels] == [[400, 180], [360, 180], [180, 180]]

    def test_learns_scatter(self) -> None:
        """A rate that doubles and halves every twenty minutes is soon no news."""
        alerts = Alerts(AlertSettings(width_min=5))
        fired = []
        for minute in range(0, 3 * 1440, 5):
            errors = 75 if minute // 20 % 2 else 150
            told = alerts.take(Bucket(START + minute, [Row("A", "SESSION_EXPIRED", errors, 2500)]))
            fired += [minute for one in told if one.alert.state == "firing"]
        assert all(minute < 1440 for minute in fired)

    def test_a_bare_count_scatters_by_its_logarithm(self) -> None:
        """Halves and doubles tell the same of it; with attempts a half tells less."""
        dispersion = Dispersion(5, np.array([12]))
        dispersion.grow(4)
        failures, bare = np.array([[50.0, 200.0, 50.0, 200.0]]) * 100, np.array([True, True, False, False])
        expected, rate = np.full((1, 4), 1e4), np.full((1, 4), 1e-6)
        dispersion.learn(failures, expected, expected * (1 - rate), np.ones((1, 4)), bare, np.ones((1, 4)))
        half, double, counted_half, counted_double = dispersion.excess[0]
        assert half == pytest.approx(double, rel=0.01)
        assert counted_half == pytest.approx(counted_double / 4, rel=0.01)

    @pytest.mark.parametrize(("scatter", "thought"), [(0.1, 0.09), (0.001, 0.02)])
    def test_a_new_series_scatters_as_the_fleet_does(self, scatter: float, thought: float) -> None:
        """And no less than is thought of any fleet."""
        dispersion = Dispersion(5, np.array([12]))
        old, hours = 20, 24.0
        dispersion.hours = np.array([[hours] * old + [0.0]])
        dispersion.excess = scatter * dispersion.hours
        start = np.full(old + 1, 0.02)
        assert dispersion.variance(start, np.full(old + 1, False))[0, -1] == pytest.approx(thought, rel=0.1)

    def test_a_minute_is_thought_to_scatter_more_than_an_hour(self) -> None:
        """Of shares; what is thought of bare counts holds their ups and downs."""
        dispersion = Dispersion(1, np.array([1, 60]))
        dispersion.grow(2)
        thought = dispersion.variance(np.array([0.02, 0.25]), np.array([False, True]))
        assert thought[:, 0] == pytest.approx([0.12, 0.0217], rel=0.01)
        assert thought[:, 1] == pytest.approx([0.25, 0.25])

    def test_the_longest_known_series_is_not_the_fleet(self) -> None:
        dispersion = Dispersion(5, np.array([12]))
        dispersion.hours = np.array([[24_000.0] + [24.0] * 9 + [0.0]])
        dispersion.excess = dispersion.hours * np.array([1.0] + [0.02] * 10)
        assert dispersion.variance(np.full(11, 0.02), np.full(11, False))[0, -1] < 0.15

    def test_the_first_buckets_of_a_bare_count_are_no_news(self) -> None:
        """How much is usual is not known before, and then it is."""
        assert tell(steady(60, Row("A", "SERIES", 5000, None))) == []

    @pytest.mark.parametrize("gap", [1, 179, 180, 181, 182, 250, 1000])
    def test_sums_are_right_after_a_gap(self, gap: int) -> None:
        """However long nothing came, the windows hold what came within them."""
        alerts = Alerts()
        buckets = [START + minute for minute in range(200)]
        buckets += [buckets[-1] + gap + minute for minute in range(1, 31)]
        for minute in buckets:
            alerts.take(Bucket(minute, [Row("A", "RETRY_LATER", minute % 3, 100 + minute % 17)]))
        sums = alerts.baselines.windows.sums[:, :2, 0]
        for place, width in enumerate(alerts.baselines.windows.buckets.tolist()):
            within = [minute for minute in buckets if minute > buckets[-1] - width]
            assert sums[place, 0] == sum(minute % 3 for minute in within)
            assert sums[place, 1] == sum(100 + minute % 17 for minute in within)

    def test_sums_stay_exact(self) -> None:
        """Running sums are what adding up the ring anew gives."""
        alerts = Alerts()
        for minute in range(400):
            alerts.take(Bucket(START + minute, [Row("A", "RETRY_LATER", minute * 7 % 5, 50 + minute * 13 % 31)]))
        windows = alerts.baselines.windows
        newest = (START + 399) % len(windows.ring)
        for place, buckets in enumerate(windows.buckets.tolist()):
            rows = [(newest - back) % len(windows.ring) for back in range(buckets)]
            assert np.array_equal(windows.sums[place], windows.ring[rows].sum(axis=0))

    def test_a_surge_of_visits_is_no_incident(self) -> None:
        """Tenfold traffic at the same rate."""
        usual = steady(120, Row("A", "RETRY_LATER", 2, 100))
        assert tell([*usual, *steady(60, Row("A", "RETRY_LATER", 20, 1000), start=after(usual))]) == []


class TestThresholds:
    def test_more_series_need_more_evidence(self) -> None:
        """The budget of false alarms is for all together."""
        assert needed(2000, 1).page - needed(200, 1).page == pytest.approx(np.log(10))

    def test_even_one_series_needs_some(self) -> None:
        """However wide the buckets are, what a ticket of one series needs with those of a minute."""
        assert needed(1, 5).ticket == FLOOR_NATS == pytest.approx(needed(1, 1).ticket, abs=0.03)

    def test_a_page_needs_more_than_a_ticket(self) -> None:
        assert needed(200, 1).page > needed(200, 1).ticket
