"""When a session closes, told by how many revisions an event more makes of it, and `closed_by`."""

from tests.oracle.cases.building import HOUR, MINUTE, api, at, code, fields, idle, other_visit, record, step, steps
from tests.oracle.contract import Arrival, Case, Input

_CLOSES = "a session closes when the watermark reaches its last event + 30 s if it is terminal, + 30 minutes if it \
is a data session or pending or dispatched, else + 8 minutes"
_TERMINAL = "terminal: any REDIRECT; COMPONENT_CLOSE_SESSION as last event; a final answer as a data session's last"
_LIMIT = "never later than the window's start + 2 h (closed_by limit)"
_IDLE = "when a fetch at the partition's end came back empty, the watermark goes on with the clock"

_VISIT = {"connect_session_id": "visit"}


def _boundary(name: str, rule: str, events: list[Arrival], due: float, closed_by: str = "inactivity") -> list[Case]:
    """The session closes at the watermark `due`, seen in one event more: before it revision 1, at it 2."""

    def seen(watermark: float) -> list[Input]:
        more = step(watermark - 1, "FEEDBACK", "X", connect_session_id="visit")
        return [*events, idle(watermark), more]

    first = {**_VISIT, "request_id": "X"}
    return [
        Case(f"{name}: open just before", rule, seen(due - 0.001), sessions=[{**first, "revision": 1}]),
        Case(f"{name}: closed", rule, seen(due), sessions=[{**first, "revision": 2}]),
        Case(
            f"{name}: closed_by",
            rule,
            events,
            sessions=[{**first, "closed_by": closed_by, "events": len(events), "revision": 1}],
        ),
    ]


CASES = [
    *_boundary("inactivity", _CLOSES, [code(0, "INVALID_PASSWORD", "X"), step(9, "FEEDBACK")], 8 * MINUTE + 9),
    *_boundary("QUESTION_NOT_FOUND", _CLOSES, [code(0, "QUESTION_NOT_FOUND", "X")], 8 * MINUTE),
    *_boundary("REDIRECT", _TERMINAL, [step(0, "REDIRECT", "X")], 30, "terminal"),
    *_boundary("REDIRECT, then another", _TERMINAL, [step(0, "REDIRECT", "X"), step(9, "FEEDBACK")], 39, "terminal"),
    *_boundary(
        "REDIRECT of a pending session",
        _TERMINAL,
        [code(0, "OPERATION_PENDING", "X"), step(1, "REDIRECT", "X")],
        31,
        "terminal",
    ),
    *_boundary("COMPONENT_CLOSE_SESSION", _TERMINAL, [step(0, "COMPONENT_CLOSE_SESSION", "X")], 30, "terminal"),
    *_boundary(
        "COMPONENT_CLOSE_SESSION, then another",
        _TERMINAL,
        [step(0, "COMPONENT_CLOSE_SESSION", "X"), step(9, "FEEDBACK")],
        8 * MINUTE + 9,
    ),
    *_boundary("pending in a browser", _CLOSES, [code(0, "OPERATION_PENDING", "X")], 30 * MINUTE),
    *_boundary(
        "dispatched, then another",
        _CLOSES,
        [code(0, "OPERATION_DISPATCHED", "X"), step(1, "FEEDBACK")],
        30 * MINUTE + 1,
    ),
    *_boundary(
        "an answer in a connect session",
        _TERMINAL,
        [code(0, "INVALID_PASSWORD", "X"), api(1, "OK", connect_session_id="visit")],
        8 * MINUTE + 1,
    ),
    *_boundary("a final answer", _TERMINAL, [api(0, "OK", **_VISIT)], 30, "terminal"),
    *_boundary("a failure for an answer", _TERMINAL, [api(0, "RETRY_LATER", **_VISIT)], 30, "terminal"),
    *_boundary(
        "a final answer after progress",
        _TERMINAL,
        [api(0, "OPERATION_PENDING", **_VISIT), api(1, "OK", **_VISIT)],
        31,
        "terminal",
    ),
    *_boundary(
        "progress after an answer",
        _CLOSES,
        [api(0, "OK", **_VISIT), api(1, "OPERATION_PENDING", **_VISIT)],
        30 * MINUTE + 1,
    ),
    *_boundary("a question to the backend", _CLOSES, [api(0, "QUESTION_NOT_FOUND", **_VISIT)], 30 * MINUTE),
    *_boundary("status 202", _CLOSES, [api(0, "OK", http_status=202, **_VISIT)], 30 * MINUTE),
    *_boundary("status 203", _CLOSES, [api(0, "OK", http_status=203, **_VISIT)], 30 * MINUTE),
    *_boundary("status 200", _TERMINAL, [api(0, "OK", http_status=200, **_VISIT)], 30, "terminal"),
    Case(
        name="limit",
        rule=_LIMIT,
        inputs=steps(0, 115 * MINUTE, 15 * MINUTE),
        sessions=[{"closed_by": "limit", "ended_at": at(115 * MINUTE)}],
    ),
    Case(
        name="limit of a terminal session",
        rule=_LIMIT,
        inputs=[*steps(0, 115 * MINUTE, 15 * MINUTE), step(2 * HOUR - 29, "REDIRECT")],
        sessions=[{"closed_by": "limit", "outcome": "completed"}],
    ),
    Case(
        name="at the limit by itself",
        rule=_LIMIT,
        inputs=steps(0, 112 * MINUTE, 16 * MINUTE),
        sessions=[{"closed_by": "inactivity", "ended_at": at(112 * MINUTE)}],
    ),
    Case(
        name="at the limit by a terminal event",
        rule=_LIMIT,
        inputs=[*steps(0, 115 * MINUTE, 15 * MINUTE), step(2 * HOUR - 30, "REDIRECT")],
        sessions=[{"closed_by": "terminal"}],
    ),
    Case(
        name="the limit is the window's, not the session's",
        rule=_LIMIT,
        inputs=[*steps(0, 90 * MINUTE, 15 * MINUTE), api(95 * MINUTE, "OPERATION_PENDING", **_VISIT)],
        sessions=[{"request_id": None, "closed_by": "inactivity"}, {"request_id": "X", "closed_by": "limit"}],
    ),
    Case(
        name="a step beside data closes by itself",
        rule=_CLOSES,
        inputs=[
            api(0, "OPERATION_PENDING", **_VISIT),
            idle(MINUTE),
            step(5 * MINUTE, "FEEDBACK"),
            idle(13 * MINUTE),
            step(5 * MINUTE + 1, "APP_ONLINE"),
        ],
        sessions=[{"request_id": "X", "revision": 1}, {"request_id": None, "revision": 2, "events": 2}],
    ),
    Case(
        name="open just before the limit",
        rule=_LIMIT,
        inputs=[*steps(0, 115 * MINUTE, 15 * MINUTE), idle(2 * HOUR - 0.001), step(116 * MINUTE, "FEEDBACK")],
        sessions=[{"revision": 1}],
    ),
    Case(
        name="closed at the limit",
        rule=_LIMIT,
        inputs=[*steps(0, 115 * MINUTE, 15 * MINUTE), idle(2 * HOUR), step(116 * MINUTE, "FEEDBACK")],
        sessions=[{"revision": 2}],
    ),
    Case(
        name="an idle watermark closes",
        rule=_IDLE,
        inputs=[record(fields(0, "APP_MOUNTED"), append=0), idle(8 * MINUTE), step(1, "FEEDBACK")],
        revisions=[(1, "abandoned"), (2, "abandoned")],
    ),
    Case(
        name="the watermark never goes back",
        rule="watermark of a partition = highest event time less 60 s",
        inputs=[other_visit(0), idle(20 * MINUTE), idle(1 * MINUTE), step(2 * MINUTE, "FEEDBACK")],
        sessions=[{"connect_session_id": "other"}],
        rejected=["too_late"],
    ),
    Case(
        name="an early event does not turn the watermark back",
        rule="watermark of a partition = highest event time less 60 s",
        inputs=[
            other_visit(20 * MINUTE),
            step(10 * MINUTE, "FEEDBACK"),
            step(0, "APP_MOUNTED", connect_session_id="third"),
        ],
        sessions=[_VISIT, {"connect_session_id": "other"}],
        rejected=["too_late"],
    ),
]
