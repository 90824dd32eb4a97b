"""The comparison with the oracle notices every rule that is broken on purpose."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

import pipeline
from tests.oracle import Oracle
from tests.oracle.contract import feed
from tests.oracle.journeys import Journeys
from tests.sessions.mutant import VISITS
from tests.sessions.mutations import MUTATIONS, Mutation

SEEDS = (600, 601, 602, 603, 604, 605)
PIPELINE = Path(pipeline.__file__).parent
ROOT = Path(__file__).parents[2]
NEEDED = ("__init__.py", "flinks", "sessions", "counts", "engine/fold.py")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the oracle makes of the seeds, computed once."""
    results = []
    for seed in SEEDS:
        oracle = Oracle()
        feed(oracle, Journeys(seed, online=True).inputs(VISITS))
        reasons = [reason for reason, _ in oracle.rejected]
        results.append({"seed": seed, "emitted": oracle.emitted, "reasons": reasons})
    path = tmp_path_factory.mktemp("oracle") / "expected.json"
    path.write_bytes(orjson.dumps(results))
    return path


def copy_of_the_pipeline(to: Path) -> Path:
    """The parts that make sessions, without the engine's Faust, which takes its time to import."""
    for part in NEEDED:
        source, target = PIPELINE / part, to / "pipeline" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    (to / "pipeline" / "engine" / "__init__.py").touch()
    return to / "pipeline"


def first_difference(package: Path, expected: Path) -> str:
    """Of the results of this copy of the pipeline; empty if there is none."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.sessions.mutant", str(expected)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(package.parent), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout if done.returncode == 0 else f"broke down: {done.stderr[-500:]}"


def mutated(mutation: Mutation, to: Path, expected: Path) -> str:
    """The first difference that one broken rule makes."""
    package = copy_of_the_pipeline(to)
    path = package / mutation.file
    text = path.read_text()
    assert text.count(mutation.old) == 1, f"{mutation.file} has changed: say anew how to break this rule"
    path.write_text(text.replace(mutation.old, mutation.new))
    return first_difference(package, expected)


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory, expected: Path) -> Iterator[dict[str, Future[str]]]:
    """What each mutation does, by its name, worked out side by side."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            mutation.name: pool.submit(mutated, mutation, tmp_path_factory.mktemp("mutant"), expected)
            for mutation in MUTATIONS
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.mutation
class TestMutations:
    def test_the_copy_is_what_runs(self, tmp_path: Path, expected: Path) -> None:
        """A copy that can not be imported breaks down, so no other pipeline takes its place."""
        package = copy_of_the_pipeline(tmp_path)
        (package / "sessions" / "__init__.py").write_text("raise RuntimeError('this copy')")
        assert "this copy" in first_difference(package, expected)

    def test_without_a_mutation_there_is_no_difference(self, tmp_path: Path, expected: Path) -> None:
        """The pipeline as it is gives the oracle's results."""
        assert first_difference(copy_of_the_pipeline(tmp_path), expected) == ""

    @pytest.mark.parametrize("name", [mutation.name for mutation in MUTATIONS])
    def test_is_noticed(self, name: str, differences: dict[str, Future[str]]) -> None:
        """One broken rule makes a difference."""
        difference = differences[name].result()
        assert difference, "not noticed"
        assert not difference.startswith("broke down"), difference
