"""How fast made-up events are made: `python -m tests.simulator.speed [EVENTS]`."""

import sys
import time
from itertools import islice

from pipeline.simulator import HOSTILE, START_MS, Delivery, Simulation


def measure(delivery: Delivery, events: int) -> float:
    """Events a CPU-second."""
    simulation = Simulation(1, 6_000, START_MS, delivery=delivery, keep_truth=False)
    begun = time.process_time()
    made = sum(1 for _ in islice(simulation.events(), events))
    return made / (time.process_time() - begun)


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    for name, how in (("usual", Delivery()), ("hostile", HOSTILE)):
        sys.stdout.write(f"{name}: {measure(how, wanted):,.0f} events per CPU-second\n")
