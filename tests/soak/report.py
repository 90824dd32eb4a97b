"""The verdict in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.soak.incidents import Stage
from tests.soak.verdict import Verdict

SHOWN: Final = 20


def report(seed: int, stage: Stage, verdict: Verdict, folder: Path, seconds: float) -> bool:
    """Print it; whether all is well."""
    crew = stage.crew
    problems = [*stage.missed, *crew.unasked]
    print()
    print(f"seed {seed}, {seconds:.0f} s")
    _tell("what was read", verdict.counts)
    _tell("outcomes", verdict.outcomes)
    _tell("rejected", verdict.rejected)
    print(f"{crew.kills.total()} kills: {_listed(crew.kills)}")
    _tell("incidents", stage.done)
    _tell("orders carried out", crew.orders)
    print(f"memory discarded {crew.failures.total()} times, {crew.restores.total()} restores, {_times(crew.restore_s)}")
    print(f"{crew.commits.total()} checkpoints told, {_times(crew.checkpoint_s)}; leaving took {_times(stage.leave_s)}")
    print(
        f"started again: {crew.ended_without_broker} workers that ended because the broker was away, "
        f"{crew.gave_up} that failed twice within a minute"
    )
    for problem in problems:
        print(f"PROBLEM {problem}")
    for difference in verdict.differences[:SHOWN]:
        print(f"DIFFERENCE {difference}")
    if verdict.differences:
        (folder / "differences.txt").write_text("\n".join(verdict.differences) + "\n")
    well = not verdict.differences and not problems
    print(
        f"{'GOOD' if well else 'BAD'}: {len(verdict.differences)} differences from the oracle, {len(problems)} problems"
    )
    return well


def _tell(what: str, counts: "dict[str, int]") -> None:
    print(f"{what}: {_listed(counts)}")


def _listed(counts: "dict[str, int]") -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "none"


def _times(seconds: Sequence[float]) -> str:
    if not seconds:
        return "never"
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2]:.2f} s, longest {ordered[-1]:.2f} s"
