"""Whether a worker is ready to work, and if not, why."""

import asyncio

from pipeline.engine.engine import Engine

PROBE_S = 1.0


async def unready_reason(engine: Engine) -> str | None:
    """None when the group has spoken, every partition of this worker runs, and the broker can be reached."""
    if engine.failure is not None:
        return f"the engine failed: {engine.failure}"
    if not await _reachable(engine.kafka.bootstrap):
        return f"no broker can be reached at {engine.kafka.bootstrap}"
    if engine.ready:
        return None
    running = sum(task.running for task in engine.tasks.values())
    if running < len(engine.tasks):
        return f"{running} of {len(engine.tasks)} partitions run, the others are being restored"
    return "waiting for the consumer group to give partitions"


async def _reachable(bootstrap: str) -> bool:
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            async with asyncio.timeout(PROBE_S):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError:  # TimeoutError is one
            continue
        writer.close()
        return True
    return False
