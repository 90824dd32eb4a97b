"""The small cases of `tests.oracle.cases`, held against any program that follows the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Partial = Mapping[str, Any]


@dataclass(frozen=True)
class Arrival:
    """A record arrives. `append_ms` is the broker's clock, None offline."""

    value: bytes | None
    append_ms: int | None = None


@dataclass(frozen=True)
class Idle:
    """The partition is idle, and its watermark goes on with the clock."""

    watermark_ms: int


Input = Arrival | Idle


class Program(Protocol):
    """One partition: the oracle, or what is judged by it."""

    def arrive(self, value: bytes | None, append_ms: int | None = None) -> None: ...
    def advance(self, watermark_ms: int) -> None: ...
    def finish(self) -> None: ...

    @property
    def sessions(self) -> dict[str, dict[str, Any]]: ...
    @property
    def visits(self) -> dict[str, dict[str, Any]]: ...
    @property
    def emitted(self) -> list[dict[str, Any]]: ...
    @property
    def rejected(self) -> list[tuple[str, str]]: ...


@dataclass(frozen=True)
class Case:
    """An example of a rule, its results derived by hand.

    `sessions` and `visits` are the latest revisions by start, then by requestId, each told in part. `revisions` are
    the sessions' emissions in order as (revision, outcome), where they matter. `rejected` are reasons in order.
    """

    name: str
    rule: str
    inputs: Sequence[Input]
    sessions: Sequence[Partial] | None = None
    visits: Sequence[Partial] | None = None
    rejected: Sequence[str] = ()
    revisions: Sequence[tuple[int, str]] | None = None


def feed(program: Program, inputs: Sequence[Input]) -> None:
    """Everything in order, then the end of the input."""
    for one in inputs:
        if isinstance(one, Idle):
            program.advance(one.watermark_ms)
        else:
            program.arrive(one.value, one.append_ms)
    program.finish()


def check(case: Case, program: Program) -> list[str]:
    """What the program gets wrong of the case, in words."""
    feed(program, case.inputs)
    found = []
    if case.sessions is not None:
        found += _partly("session", case.sessions, list(program.sessions.values()))
    if case.visits is not None:
        found += _partly("visit", case.visits, list(program.visits.values()))
    reasons = [reason for reason, _ in program.rejected]
    if reasons != list(case.rejected):
        found.append(f"rejected {reasons}, expected {list(case.rejected)}")
    if case.revisions is not None:
        told = [(one["revision"], one["outcome"]) for one in program.emitted if "session_id" in one]
        if told != list(case.revisions):
            found.append(f"emitted {told}, expected {list(case.revisions)}")
    return found


def _partly(what: str, expected: Sequence[Partial], actual: list[dict[str, Any]]) -> list[str]:
    actual.sort(key=lambda one: (one["started_at"], one.get("request_id") or ""))
    if len(actual) != len(expected):
        return [f"{len(actual)} {what}s, expected {len(expected)}: {actual}"]
    return [
        f"{what} {number}: {field} is {given.get(field)!r}, expected {wanted[field]!r}"
        for number, (wanted, given) in enumerate(zip(expected, actual, strict=True), 1)
        for field in wanted
        if field not in given or given[field] != wanted[field]
    ]
