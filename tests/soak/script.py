"""Which incidents there are in a soak, and in which order."""

import asyncio
from collections import Counter
from random import Random
from typing import Final

from tests.soak.incidents import INCIDENTS, Stage

FULL: Final = Counter(
    {
        "kill": 14,
        "kill-before-send": 4,
        "kill-before-offsets": 4,
        "kill-before-commit": 4,
        "kill-after-commit": 3,
        "leave": 3,
        "join": 3,
        "raise-in-revoke": 1,
        "abort-in-revoke": 1,
        "raise-in-restore": 1,
        "outage-in-restore": 1,
        "stop-before-fencing": 1,
        "stop-after-fencing": 1,
        "stop-until-gone": 2,
        "hold-transaction": 1,
        "fence-owner": 1,
        "kill-broker": 1,
        "lose-broker": 1,
        "stop-broker": 1,
    }
)
"""At least 30 kills with those that make room for a worker with orders; joins and leaves with those for a revoke."""

SHORT: Final = Counter(
    {
        "kill": 2,
        "kill-before-send": 1,
        "kill-before-offsets": 1,
        "kill-before-commit": 1,
        "leave": 1,
        "raise-in-revoke": 1,
    }
)


def script(rng: Random, wanted: Counter[str]) -> list[str]:
    """In any order; the seed decides."""
    incidents = sorted(wanted.elements())
    rng.shuffle(incidents)
    return incidents


async def play(stage: Stage, incidents: list[str]) -> None:
    for number, incident in enumerate(incidents, 1):
        # More often than not right into what the last one has begun.
        if stage.rng.random() < 0.4:
            await stage.settle()
        await asyncio.sleep(stage.rng.uniform(0.2, 2.5))
        stage.say(f"-- {number} of {len(incidents)}: {incident}")
        await INCIDENTS[incident](stage)
        if incident not in ("leave", "join"):
            stage.done[incident] += 1
