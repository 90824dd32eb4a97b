"""python -m tests.soak.agree [--sessions N] [--seed N]: simulated sessions of every kind, pipeline against oracle.

Every revision and field of every result, without a broker: all journeys equally often, delivered well and badly, with
the broker's clock, and the state taken back from its changelog every 20,000 records. And what the simulator says is
true against what the oracle makes of it.
"""

import argparse
import secrets
import sys
import time
from itertools import islice

from pipeline.simulator import HOSTILE, JOURNEYS, START_MS, Delivery, Simulation
from tests.oracle import Oracle
from tests.oracle.compare import emitted_differences
from tests.sessions.piped import Piped
from tests.simulator.test_truth import disagreements

CHUNK, LIFE = 500, 20_000
SHOWN = 10


def agree(seed: int, sessions: int, delivery: Delivery) -> bool:
    """Whether they do; prints what was compared and the first differences."""
    journeys = [journey._replace(share=1.0) for journey in JOURNEYS]
    simulation = Simulation(seed, 2_000, START_MS, sessions=sessions, delivery=delivery, journeys=journeys)
    piped, oracle = Piped(CHUNK, LIFE), Oracle()
    began = time.monotonic()
    events = 0
    for append_ms, _, value in simulation.events():
        events += 1
        for program in (piped, oracle):
            program.arrive(value, append_ms)
    for program in (piped, oracle):
        program.finish()
    found = emitted_differences(oracle.emitted, piped.emitted)
    if [reason for reason, _ in oracle.rejected] != [reason for reason, _ in piped.rejected]:
        found.append("what is rejected differs")
    compared, wrong = disagreements(simulation.truth, oracle.sessions.values())
    print(
        f"{events:,} events of {len(journeys)} journeys, {len(oracle.emitted):,} results of {len(oracle.sessions):,} "
        f"sessions and {len(oracle.visits):,} visits, {len(oracle.rejected):,} rejected: {len(found)} differences; "
        f"{compared:,} sessions as the simulator meant them: {len(wrong)} not so ({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    for difference in islice([*found, *wrong], SHOWN):
        print(f"  {difference}")
    return not found and not wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.agree", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    half = options.sessions // 2
    well = [agree(options.seed, half, Delivery()), agree(options.seed + 1, half, HOSTILE)]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
