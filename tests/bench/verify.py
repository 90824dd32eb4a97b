"""Results on the topics against the oracle's."""

import asyncio
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from tests.bench.cache import cached, source_digest
from tests.bench.cluster import read_topic
from tests.bench.stream import Stream
from tests.oracle import Oracle
from tests.oracle.compare import emitted_differences

_SHOWN = 5


def verify(bootstrap: str, prefix: str, stream: Stream, partition: int) -> str:
    """Compare every result of a partition, all revisions and fields, and the rejections; says what was found.

    Raises:
        AssertionError: they differ; the message tells how.
    """
    expected = _expected(stream, partition)
    emitted = []
    for topic in ("sessions", "visits"):
        emitted += [json.loads(value) for value in asyncio.run(read_topic(bootstrap, f"{prefix}{topic}", partition))]
    rejected = [json.loads(value) for value in asyncio.run(read_topic(bootstrap, f"{prefix}rejected", partition))]
    differences = emitted_differences(expected["emitted"], emitted)
    reasons = sorted(record["reason"] for record in rejected)
    if reasons != expected["rejected"]:
        differences.append(f"{len(reasons)} rejected, {len(expected['rejected'])} expected")
    if differences:
        shown = "\n".join(differences[:_SHOWN])
        raise AssertionError(f"partition {partition}: {len(differences)} differences from the oracle\n{shown}")
    return f"partition {partition}: {len(emitted):,} results and {len(rejected):,} rejections are the oracle's"


def _expected(stream: Stream, partition: int) -> dict[str, Any]:
    source = source_digest("tests/oracle")

    def make(path: Path) -> None:
        print(f"asking the oracle about partition {partition}, once", file=sys.stderr)
        oracle = Oracle()
        for of, _, value in stream.records():
            if of == partition:
                oracle.arrive(value)
        reasons = sorted(reason for reason, _ in oracle.rejected)
        with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as out:
            json.dump({"emitted": oracle.emitted, "rejected": reasons}, out)

    file = cached(f"oracle-{stream.name}-{partition}-{source}.json.gz", make)
    with gzip.open(file, "rt", encoding="utf-8") as kept:
        found: dict[str, Any] = json.load(kept)
    return found
