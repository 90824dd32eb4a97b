"""What the simulator says is true, held against the rules."""

from collections.abc import Iterable
from typing import Any

import pytest

from pipeline.simulator import HOSTILE, JOURNEYS, START_MS, Delivery, Session, Simulation
from tests.oracle import run

TOLD_APART = {"journey", "late"}


def disagreements(truth: Iterable[Session], results: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    """Compare each session in time with the one result of its ids and start; return how many there were."""
    found: dict[tuple[str | None, str | None, str], list[dict[str, Any]]] = {}
    for result in results:
        ids = (result["connect_session_id"], result["request_id"], result["started_at"])
        found.setdefault(ids, []).append(result)
    compared = 0
    wrong = []
    for session in truth:
        line = session.line()
        if line["late"]:
            continue
        compared += 1
        same = found.get((line["connect_session_id"], line["request_id"], line["started_at"]), [])
        if len(same) != 1:
            wrong.append(f"{line['journey']}: {len(same)} results for {line}")
            continue
        wrong += [
            f"{line['journey']}: {name} is {same[0][name]!r}, should be {line[name]!r} in {line}"
            for name in line.keys() - TOLD_APART
            if same[0][name] != line[name]
        ]
    return compared, wrong


class TestTruth:
    @pytest.mark.slow
    @pytest.mark.parametrize(("seed", "delivery"), [(11, Delivery()), (12, HOSTILE)])
    def test_oracle_agrees(self, seed: int, delivery: Delivery) -> None:
        """The oracle makes the very sessions that were meant, delivered well or badly."""
        simulation = Simulation(seed, 600, START_MS, sessions=6_000, delivery=delivery)
        oracle = run(value for _, _, value in simulation.events())
        compared, wrong = disagreements(simulation.truth, oracle.sessions.values())
        assert wrong[:3] == []
        assert compared > 5_400

    def test_nothing_else(self) -> None:
        """In good delivery the oracle finds no session that nobody meant, whichever journey is made."""
        journeys = [journey._replace(share=1.0) for journey in JOURNEYS]
        perfect = Delivery(late_share=0.0)
        simulation = Simulation(13, 600, START_MS, sessions=2_000, delivery=perfect, journeys=journeys)
        oracle = run(value for _, _, value in simulation.events())
        compared, wrong = disagreements(simulation.truth, oracle.sessions.values())
        assert wrong[:3] == []
        assert compared == len(oracle.sessions) == 2_000
