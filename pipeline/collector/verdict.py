"""What became of one event of a request."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from pipeline.collector.exchange import Response
from pipeline.flinks.event import Reason

ACCEPTED: Final = "accepted"
"""It is on the topic."""
IGNORED: Final = "ignored"
"""It is not Flinks': pages and browser extensions post messages of their own."""
REJECTED: Final = "rejected"
"""It can not be used, and sending it again will not help."""

Verdict = dict[str, Any]
"""`id`, `verdict`, and of what is rejected `reason` and `detail`, as JSON has them."""

Records = dict[bytes, list[bytes]]
"""For the events topic: the values of each key."""


def accepted(id_: str) -> Verdict:
    return {"id": id_, "verdict": ACCEPTED}


def ignored(id_: str) -> Verdict:
    return {"id": id_, "verdict": IGNORED}


def rejected(id_: str | None, reason: Reason, detail: str) -> Verdict:
    return {"id": id_, "verdict": REJECTED, "reason": reason, "detail": detail}


def tally(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    """How many there are of each."""
    return Counter(verdict["verdict"] for verdict in verdicts)


def answer(verdicts: list[Verdict]) -> Response:
    """200 with the verdicts, in the order of the events."""
    return Response(200, orjson.dumps({"v": 1, "events": verdicts}))


def all_accepted(ids: Iterable[str]) -> Response:
    """The same where every event was accepted; the ids need no escapes."""
    told = '","verdict":"accepted"},{"id":"'.join(ids)
    return Response(200, f'{{"v":1,"events":[{{"id":"{told}","verdict":"accepted"}}]}}'.encode())
