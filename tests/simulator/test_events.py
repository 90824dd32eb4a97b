"""What the made-up events look like."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise

import pytest

from pipeline.simulator import HOSTILE, JOURNEYS, START_MS, Session, Simulation
from tests.simulator.contract import check
from tests.simulator.listed import CODES, USER_EVENTS

USERS = 6_000


def simulate(seed: int = 1, *, users: int = 400, hostile: bool = False) -> list[tuple[int, bytes, bytes]]:
    """Everything that a simulation delivers."""
    delivery = HOSTILE if hostile else None
    return list(Simulation(seed, 600, START_MS, users=users, delivery=delivery).events())


class TestEvents:
    @pytest.mark.parametrize("hostile", [False, True])
    def test_contract(self, *, hostile: bool) -> None:
        """Every event is a contract event, keyed by visit, received before it is delivered."""
        delivered = simulate(users=2_000, hostile=hostile)
        for at_ms, key, value in delivered:
            check(at_ms, key, value)
        assert len(delivered) > 2_000 * 6

    def test_order(self) -> None:
        """Events come in order of delivery."""
        delivered = simulate(hostile=True)
        assert all(before[0] <= after[0] for before, after in pairwise(delivered))

    def test_same_seed(self) -> None:
        """The same seed gives the same bytes, another seed gives others."""
        assert simulate(7) == simulate(7)
        assert simulate(7) != simulate(8)

    def test_size(self) -> None:
        """An event has about 350 bytes."""
        values = [value for _, _, value in simulate()]
        assert 320 < sum(map(len, values)) / len(values) < 400

    def test_every_name(self) -> None:
        """Every user event and every code that Flinks lists occurs in some journey."""
        journeys = [journey._replace(share=20.0 if journey.name == "bank_trouble" else 1.0) for journey in JOURNEYS]
        simulation = Simulation(1, 600, START_MS, users=USERS, journeys=journeys)
        seen = {(event["kind"], event["name"]) for event in _checked(simulation)}
        steps = {name for kind, name in seen if kind == "step"}
        answers = {name for kind, name in seen if kind in {"code", "api"}}
        assert set(USER_EVENTS) - steps == set()
        assert set(CODES) - answers == set()


class TestShares:
    def test_journeys(self) -> None:
        """Each journey is made by about as many users as its share says."""
        simulation = Simulation(2, 600, START_MS, users=USERS)
        for _ in simulation.events():
            pass
        # Journeys of which each user leaves exactly one session.
        seen = Counter(session.journey for session in simulation.truth)
        total = sum(journey.share for journey in JOURNEYS)
        for journey in JOURNEYS:
            expected = USERS * journey.share / total
            if journey.name in {"drop_off", "session_expired", "consent_denied", "enhanced_mfa", "upload"}:
                assert abs(seen[journey.name] - expected) < 4 * expected**0.5 + 0.2 * expected, journey

    def test_every_journey(self) -> None:
        """No journey is forgotten, and each is named once."""
        names = [journey.name for journey in JOURNEYS]
        assert len(set(names)) == len(names)
        simulation = Simulation(3, 600, START_MS, users=12_000)
        for _ in simulation.events():
            pass
        assert {session.journey for session in simulation.truth} == set(names)

    def test_outcomes(self) -> None:
        """Most users connect, and every outcome occurs."""
        simulation = Simulation(4, 600, START_MS, users=USERS)
        for _ in simulation.events():
            pass
        outcomes = Counter(session.outcome for session in simulation.truth)
        total = outcomes.total()
        assert 0.6 < outcomes["completed"] / total < 0.72
        assert 0.1 < outcomes["abandoned"] / total < 0.2
        assert 0.1 < outcomes["failed"] / total < 0.2
        assert outcomes.keys() == {"completed", "abandoned", "failed", "expired", "denied", "timed_out"}

    def test_copies(self) -> None:
        """Copies of an id are as frequent as the delivery says, and stray no further than its tab."""
        ids = Counter(event["id"] for event in _checked(Simulation(5, 600, START_MS, users=1_500)))
        copies = ids.total() - len(ids)
        assert 0.003 < copies / ids.total() < 0.03


class TestRate:
    def test_users_per_minute(self) -> None:
        """As many users arrive a minute as asked for."""
        simulation = Simulation(1, 300, START_MS, users=3_000)
        last_ms = max(session.started_ms for session in _truth(simulation) if session.attempt == 1)
        assert 9.0 < (last_ms - START_MS) / 60_000 < 240
        early = [session for session in simulation.truth if session.started_ms < START_MS + 5 * 60_000]
        assert 1_250 < len(early) < 2_000

    def test_daily_curve(self) -> None:
        """With a daily curve fewer users come in the night than in the afternoon."""
        day = Simulation(1, 5, START_MS, users=6_000, daily=0.9)
        hours = Counter((session.started_ms - START_MS) // 3_600_000 % 24 for session in _truth(day))
        assert hours[6] * 4 < hours[18]

    def test_endless(self) -> None:
        """Without a number of users they never stop coming, and no truth is kept unless wanted."""
        simulation = Simulation(1, 600, START_MS, keep_truth=False)
        assert sum(1 for _ in islice(simulation.events(), 20_000)) == 20_000
        assert simulation.truth == []

    def test_memory(self) -> None:
        """What waits for its delivery is bounded by the users of some minutes, however long it runs."""
        simulation = Simulation(1, 600, START_MS, keep_truth=False)
        waiting = []
        for number, _ in enumerate(islice(simulation.events(), 150_000)):
            if number % 10_000 == 0:
                waiting.append(len(simulation._pending))
        assert max(waiting) < 600 * 15

    def test_sessions(self) -> None:
        """A number of sessions is met exactly."""
        for wanted in range(1, 60):
            assert len(_truth(Simulation(wanted, 600, START_MS, sessions=wanted))) == wanted

    def test_no_rate(self) -> None:
        """A rate of nothing is refused in words."""
        with pytest.raises(ValueError, match="users per minute must be over 0, not 0"):
            Simulation(1, 0, START_MS)


def _checked(simulation: Simulation) -> Iterator[dict[str, object]]:
    for delivered in simulation.events():
        yield check(*delivered)


def _truth(simulation: Simulation) -> list[Session]:
    for _ in simulation.events():
        pass
    return simulation.truth
