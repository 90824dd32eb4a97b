"""Finding a session by its requestId, with its timeline: what `explain` finds.

It runs as a process of its own, so that looking through days of events neither holds up the page nor stays in its
memory, and ends with whoever asked.
"""

import asyncio
import re
import sys
from collections.abc import Sequence
from typing import Any, Final

import orjson

PATIENCE_S: Final = 60.0
AT_ONCE: Final = 2
WAITING: Final = 10
"""People who wait for their turn; more are sent away."""
SESSIONS: Final = 20
"""Of a visit with very many only the first."""
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{3,127}", re.ASCII)
_MOMENT: Final = (
    "at",
    "elapsed_ms",
    "source",
    "kind",
    "name",
    "about",
    "stage",
    "failure_class",
    "http_status",
    "given",
)
_RESULT: Final = (
    "institution",
    "app",
    "platform",
    "release",
    "failure_code",
    "failure_class",
    "furthest_stage",
    "retries",
)


class SearchError(Exception):
    """Nothing was found, or it could not be looked for; the message is for the person who asked."""


class Search:
    """Looks for sessions, for a few people at once."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Takes the options of `explain` that tell where Kafka is."""
        self._arguments = tuple(arguments)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._asking = 0

    async def find(self, wanted: str) -> dict[str, Any]:
        """The sessions that an id means.

        Raises:
            SearchError: see there.
        """
        if not _ID.fullmatch(wanted):
            raise SearchError(
                "This is no id: those have 4 to 128 letters, digits, dots, colons, hyphens and underscores."
            )
        if self._asking >= AT_ONCE + WAITING:
            raise SearchError("Too many people are looking for something. Try again in a minute.")
        self._asking += 1
        try:
            async with self._free:
                out = await self._run(wanted)
        finally:
            self._asking -= 1
        found = orjson.loads(out)
        if "sessions" not in found:
            raise SearchError(f"{found['name']} is a code, not an id: {found['in_browser']['about']}")
        return {"id": wanted, "sessions": [_shown(session) for session in found["sessions"][:SESSIONS]]}

    async def _run(self, wanted: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pipeline", "explain", *self._arguments, "--json", "--", wanted),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                out, errors = await process.communicate()
        except TimeoutError:
            raise SearchError(f"Not found within {PATIENCE_S:.0f} s. `explain` on a terminal looks on.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            lines = errors.decode(errors="replace").strip().splitlines() or ["it could not be looked for"]
            told = lines[-1].removeprefix("Error: ").partition("; --since")[0]
            raise SearchError(told[:1].upper() + told[1:])
        return out


def _shown(session: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of an explanation; a login's hash is not among it."""
    result = session["results"][-1] if session["results"] else {}
    return {
        **{name: session[name] for name in ("request_id", "kind", "outcome", "open", "why", "advice", "notes")},
        **{name: result.get(name) for name in _RESULT},
        "timeline": [{name: moment[name] for name in _MOMENT} for moment in session["timeline"]],
    }
