"""Runs whatever `pipeline` is first on the path against results of the oracle, and prints the first difference.

python -m tests.sessions.mutant EXPECTED.json
"""

import sys
from pathlib import Path

import orjson

from tests.oracle.compare import emitted_differences
from tests.oracle.contract import feed
from tests.oracle.journeys import Journeys
from tests.sessions.piped import Piped

VISITS = 40
# Of no consequence for the results, but each takes ways of its own.
CHUNKS = (50, 1)
LIFE = 1_000  # records from one restore to the next


def main(expected_file: str) -> None:
    for expected in orjson.loads(Path(expected_file).read_bytes()):
        program = Piped(CHUNKS[expected["seed"] % len(CHUNKS)], LIFE)
        feed(program, Journeys(expected["seed"], online=True).inputs(VISITS))
        found = emitted_differences(expected["emitted"], program.emitted)
        reasons = [reason for reason, _ in program.rejected]
        if reasons != expected["reasons"]:
            found.append(f"rejected {reasons}, expected {expected['reasons']}")
        if found:
            sys.stdout.write(f"seed {expected['seed']}: {found[0]}\n")
            return


if __name__ == "__main__":
    main(sys.argv[1])
