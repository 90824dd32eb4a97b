"""Copies of an id, and the cap of a window."""

from typing import Any

from tests.oracle.cases.building import MINUTE, at, code, digest, idle, other_visit, step
from tests.oracle.contract import Arrival, Case, Input

_COPIES = "of two copies of an id, the one earlier in order counts; duplicates counts the others"
_EXTENDS = "a copy extends no window"
_CAP = "at most 500 ids a window are kept; more only count in a metric"
_REDIRECT = "a requestId's first REDIRECT is always kept"
_OTHER = {"connect_session_id": "other"}


def _copy(seconds: float, **other: Any) -> Arrival:
    return step(seconds, "FEEDBACK", **{"id": "one", **other})


def _full(count: int = 500) -> list[Input]:
    """A step each 100 ms, from 0 on."""
    return [step(number / 10, "FEEDBACK", id=str(number)) for number in range(count)]


CASES = [
    Case(
        name="exact copies",
        rule=_COPIES,
        inputs=[_copy(0), _copy(0), step(1, "APP_MOUNTED"), _copy(0)],
        sessions=[{"events": 2, "duplicates": 2}],
    ),
    Case(
        name="a later copy",
        rule=_COPIES,
        inputs=[_copy(0, institution="RBC"), _copy(5, institution="BMO"), step(3, "APP_MOUNTED")],
        sessions=[{"institution": "RBC", "ended_at": at(3), "events": 2, "duplicates": 1}],
    ),
    Case(
        name="an earlier copy takes the place",
        rule=_COPIES,
        inputs=[_copy(5, institution="BMO"), step(3, "APP_MOUNTED"), _copy(0, institution="RBC")],
        sessions=[{"institution": "RBC", "started_at": at(0), "ended_at": at(3), "events": 2, "duplicates": 1}],
    ),
    Case(
        name="an earlier copy within a window",
        rule=_COPIES,
        inputs=[step(0, "APP_MOUNTED"), _copy(9), step(8, "APP_ONLINE"), _copy(4)],
        sessions=[{"started_at": at(0), "ended_at": at(8), "events": 3, "duplicates": 1}],
    ),
    Case(
        name="a copy of a lower seq takes the place",
        rule=_COPIES,
        inputs=[_copy(0, seq=2, institution="BMO"), _copy(0, seq=1, institution="RBC")],
        sessions=[{"institution": "RBC", "duplicates": 1}],
    ),
    Case(
        name="a copy without seq is the earlier",
        rule=_COPIES,
        inputs=[_copy(0, seq=0, institution="BMO"), _copy(0, institution="RBC")],
        sessions=[{"institution": "RBC", "duplicates": 1}],
    ),
    Case(
        name="of equal copies the first to arrive counts",
        rule=_COPIES,
        inputs=[_copy(0, seq=1, institution="RBC"), _copy(0, seq=1, institution="BMO")],
        sessions=[{"institution": "RBC", "duplicates": 1}],
    ),
    Case(
        name="duplicates belong to the session of the event",
        rule=_COPIES,
        inputs=[
            code(0, "INVALID_PASSWORD", "X", id="x"),
            code(1, "INVALID_PASSWORD", "Y", id="y"),
            code(1, "INVALID_PASSWORD", "Y", id="y"),
        ],
        sessions=[{"request_id": "X", "duplicates": 0}, {"request_id": "Y", "duplicates": 1}],
    ),
    Case(
        name="the same id in another visit",
        rule="state belongs to the record key",
        inputs=[_copy(0), _copy(1, connect_session_id="other")],
        sessions=[{"events": 1, "duplicates": 0}, {"events": 1, "duplicates": 0, **_OTHER}],
    ),
    Case(
        name="a later copy extends no window",
        rule=_EXTENDS,
        inputs=[_copy(0), _copy(17 * MINUTE), step(19 * MINUTE, "APP_MOUNTED")],
        sessions=[
            {"ended_at": at(0), "events": 1, "duplicates": 1},
            {"started_at": at(19 * MINUTE), "events": 1},
        ],
    ),
    Case(
        name="a copy alone revises nothing",
        rule=_COPIES,
        inputs=[_copy(0), other_visit(10 * MINUTE), _copy(0), other_visit(11 * MINUTE)],
        sessions=[{"revision": 1, "duplicates": 0}, _OTHER],
        revisions=[(1, "abandoned"), (1, "abandoned")],
    ),
    Case(
        name="an earlier copy revises",
        rule="until its state goes an event revises what was emitted",
        inputs=[_copy(0, institution="BMO"), other_visit(10 * MINUTE), _copy(-1, institution="RBC")],
        sessions=[{"revision": 2, "duplicates": 1, "institution": "RBC", "started_at": at(-1)}, _OTHER],
    ),
    Case(
        name="an earlier copy that changes only the order revises nothing",
        rule="a copy alone never causes a new revision unless it took the place and the result changed",
        inputs=[
            step(0, "APP_MOUNTED", "X"),
            code(1, "QUESTION_NOT_FOUND", "X"),
            code(2, "NO_TRANSACTION", "X", id="one"),
            step(3, "FEEDBACK", "X"),
            idle(9 * MINUTE),
            code(0.5, "NO_TRANSACTION", "X", id="one"),
        ],
        sessions=[{"revision": 1, "codes": {"QUESTION_NOT_FOUND": 1, "NO_TRANSACTION": 1}, "duplicates": 0}],
        visits=[{"revision": 1}],
    ),
    Case(
        name="a copy whose window is gone",
        rule="a copy whose window is gone is treated like any other event",
        inputs=[step(0, "APP_MOUNTED"), _copy(1), other_visit(30 * MINUTE), _copy(31 * MINUTE)],
        sessions=[
            {"events": 2, "duplicates": 0},
            _OTHER,
            {"started_at": at(31 * MINUTE), "events": 1, "duplicates": 0, "session_id": digest("visit", "one")},
        ],
    ),
    Case(
        name="copies move stream time",
        rule="watermark of a partition = highest event time less 60 s",
        inputs=[_copy(0), _copy(18 * MINUTE), step(-MINUTE, "FEEDBACK", connect_session_id="other")],
        sessions=[{"connect_session_id": "visit"}],
        rejected=["too_late"],
    ),
    Case(name="500 events are kept", rule=_CAP, inputs=_full(), sessions=[{"events": 500}]),
    Case(
        name="the 501st is not kept",
        rule=_CAP,
        inputs=[*_full(), step(60, "COMPONENT_LOAD_MFA", institution="RBC")],
        sessions=[{"events": 500, "ended_at": at(49.9), "institution": None, "stages": {}, "duplicates": 0}],
    ),
    Case(
        name="the cap is by arrival",
        rule=_CAP,
        inputs=[*_full(), step(-1, "APP_MOUNTED")],
        sessions=[{"events": 500, "started_at": at(0)}],
    ),
    Case(
        name="copies of kept events are copies beyond the cap too",
        rule=_COPIES,
        inputs=[*_full(), step(0, "FEEDBACK", id="0"), step(60, "FEEDBACK"), step(60, "FEEDBACK")],
        sessions=[{"events": 500, "duplicates": 1}],
    ),
    Case(
        name="an event over the cap extends no window",
        rule=_CAP,
        inputs=[*_full(), step(15 * MINUTE, "FEEDBACK"), step(20 * MINUTE, "APP_MOUNTED")],
        sessions=[{"events": 500}, {"started_at": at(20 * MINUTE), "events": 1}],
    ),
    Case(
        name="an event over the cap moves stream time",
        rule="watermark of a partition = highest event time less 60 s",
        inputs=[
            *_full(),
            step(18 * MINUTE + 40, "FEEDBACK"),
            step(-20, "FEEDBACK", connect_session_id="other"),
        ],
        sessions=[{"events": 500}],
        rejected=["too_late"],
    ),
    Case(
        name="the first REDIRECT is kept",
        rule=_REDIRECT,
        inputs=[*_full(), step(60, "REDIRECT"), step(61, "REDIRECT")],
        sessions=[{"events": 501, "outcome": "completed", "ended_at": at(60), "time_to_connect_ms": 60_000}],
    ),
    Case(
        name="the first REDIRECT of each request is kept",
        rule=_REDIRECT,
        inputs=[
            *_full(),
            step(60, "REDIRECT", "X"),
            step(61, "REDIRECT", "Y"),
            step(62, "REDIRECT", "X"),
            step(63, "REDIRECT"),
        ],
        sessions=[{"request_id": "X", "events": 501}, {"request_id": "Y", "events": 2, "ended_at": at(63)}],
    ),
    Case(
        name="a REDIRECT within the cap is the first",
        rule=_REDIRECT,
        inputs=[step(0, "REDIRECT", id="first"), *_full(499), step(60, "REDIRECT")],
        sessions=[{"events": 500, "ended_at": at(49.8)}],
    ),
]
