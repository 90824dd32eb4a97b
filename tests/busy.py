"""How busy the machine is, for tests that say how long something may take."""

import time

SAMPLE_S = 0.1


def alone(seconds: float) -> float:
    """So many seconds where nothing else runs; on a busy machine as many times more as it is busy now."""
    began, cpu = time.monotonic(), time.thread_time()
    while time.thread_time() - cpu < SAMPLE_S:
        pass
    return seconds * (time.monotonic() - began) / SAMPLE_S
