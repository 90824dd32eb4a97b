"""Whether what senders were told is true: verdicts against the topic, and the topic against the sessions."""

import io
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.cli.offline_files import fold_lines
from tests.cli.records import committed
from tests.collector.senders import Told


@dataclass
class Found:
    """What stands on the topic after a run."""

    records: int
    ids: int
    copies: int
    lost: int
    """Accepted and not there."""
    strange: int
    """There, and sent by nobody."""
    counted: int
    """Events in all sessions; as many as there are ids."""
    duplicates: int
    """Copies that the sessions tell of."""

    @property
    def right(self) -> bool:
        return not self.lost and not self.strange and (self.counted, self.duplicates) == (self.ids, self.copies)


def compare(kafka: str, topic: str, told: Told) -> Found:
    """Read the topic and fold it as the agent does; every event must be in exactly one session once."""
    records: list[dict[str, Any]] = committed(kafka, topic)
    ids = {record["id"] for record in records}
    lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
    sessions = [orjson.loads(line) for line in fold_lines(io.BytesIO(lines), show=io.StringIO()).sessions]
    return Found(
        records=len(records),
        ids=len(ids),
        copies=len(records) - len(ids),
        lost=len(told.accepted - ids),
        strange=len(ids - told.accepted - told.undecided),
        counted=sum(session["events"] for session in sessions),
        duplicates=sum(session["duplicates"] for session in sessions),
    )
