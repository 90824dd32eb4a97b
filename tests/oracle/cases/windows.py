"""Which events lie together."""

from tests.oracle.cases.building import HOUR, MINUTE, api, at, code, digest, idle, other_visit, step, steps, webhook
from tests.oracle.contract import Case

_GAP = "an event joins a visit's window if it lies less than 18 minutes from it"
_LONG = "or less than 40 once the window holds OPERATION_PENDING, OPERATION_DISPATCHED or a server event"
_LIMIT = "an event 2 hours or more after the window's first event opens a new window"
_NEVER_CUT = "terminal events hasten closing and never cut a window"
_ONE = "a requestId has one session per window, whatever pauses lie between"
_MERGE = "results are a pure function of a window's set of events"

_LONG_NAMES = [
    ("OPERATION_PENDING", code(0, "OPERATION_PENDING", "X")),
    ("OPERATION_DISPATCHED", code(0, "OPERATION_DISPATCHED", "X")),
    ("a server event", api(0, "OK", connect_session_id="visit")),
    ("a webhook event", webhook(0, "OK", connect_session_id="visit")),
]

CASES = [
    Case(
        name="just less than 18 minutes",
        rule=_GAP,
        inputs=[step(0, "APP_MOUNTED"), step(18 * MINUTE - 0.001, "FEEDBACK")],
        sessions=[{"events": 2, "started_at": at(0), "ended_at": at(18 * MINUTE - 0.001)}],
    ),
    Case(
        name="18 minutes",
        rule=_GAP,
        inputs=[step(0, "APP_MOUNTED"), step(18 * MINUTE, "FEEDBACK")],
        sessions=[
            {"events": 1, "session_id": digest("visit", "APP_MOUNTED@0")},
            {"events": 1, "session_id": digest("visit", "FEEDBACK@1080")},
        ],
        visits=[{"ended_at": at(0)}, {"started_at": at(18 * MINUTE)}],
    ),
    Case(
        name="18 minutes from the last event, not from the first",
        rule=_GAP,
        inputs=steps(0, 50 * MINUTE, 17 * MINUTE),
        sessions=[{"events": 4}],
    ),
    Case(
        name="just less than 18 minutes before",
        rule=_GAP,
        inputs=[step(18 * MINUTE - 0.001, "FEEDBACK"), step(0, "APP_MOUNTED")],
        sessions=[{"events": 2, "started_at": at(0)}],
    ),
    Case(
        name="18 minutes before",
        rule=_GAP,
        inputs=[step(18 * MINUTE, "FEEDBACK"), step(0.001, "APP_MOUNTED"), step(0, "APP_ONLINE")],
        sessions=[{"events": 3}],  # the last lies 18 minutes from the first, but not from the window
    ),
    Case(
        name="18 minutes before the window",
        rule=_GAP,
        inputs=[step(18 * MINUTE, "FEEDBACK"), step(0, "APP_MOUNTED")],
        sessions=[{"events": 1}, {"events": 1}],
    ),
    *(
        Case(
            name=f"just less than 40 minutes after {name}",
            rule=_LONG,
            inputs=[event, step(40 * MINUTE - 0.001, "FEEDBACK", "X")],
            sessions=[{"events": 2, "kind": "connect"}],
        )
        for name, event in _LONG_NAMES
    ),
    *(
        Case(
            name=f"40 minutes after {name}",
            rule=_LONG,
            inputs=[event, step(40 * MINUTE, "FEEDBACK", "X")],
            sessions=[{"events": 1}, {"events": 1}],
        )
        for name, event in _LONG_NAMES
    ),
    Case(
        name="what lies between makes a window long",
        rule=_LONG,
        inputs=[
            step(0, "APP_MOUNTED"),
            api(1, "OK", connect_session_id="visit"),
            step(39 * MINUTE, "FEEDBACK"),
            step(78 * MINUTE, "FEEDBACK"),
        ],
        sessions=[{"request_id": None, "events": 3}, {"request_id": "X", "events": 1}],
        visits=[{"started_at": at(0), "ended_at": at(78 * MINUTE)}],
    ),
    Case(
        name="the window's events make it long, not the one that comes",
        rule=_LONG,
        inputs=[step(0, "APP_MOUNTED"), api(18 * MINUTE, "OK", connect_session_id="visit")],
        sessions=[{"kind": "connect"}, {"kind": "data"}],
        visits=[{"ended_at": at(0)}],
    ),
    Case(
        name="QUESTION_NOT_FOUND does not make a window long",
        rule=_LONG,
        inputs=[code(0, "QUESTION_NOT_FOUND", "X"), step(18 * MINUTE, "FEEDBACK", "X")],
        sessions=[{"events": 1}, {"events": 1}],
    ),
    Case(
        name="an early event joins a long window",
        rule=_LONG,
        inputs=[api(40 * MINUTE - 0.001, "OK", connect_session_id="visit"), step(0, "APP_MOUNTED")],
        sessions=[{"kind": "connect"}, {"kind": "data"}],
        visits=[{"started_at": at(0), "ended_at": at(40 * MINUTE - 0.001)}],
    ),
    Case(
        name="just less than 2 hours",
        rule=_LIMIT,
        inputs=steps(0, 2 * HOUR - 0.001, 15 * MINUTE),
        sessions=[{"events": 9, "ended_at": at(2 * HOUR - 0.001)}],
    ),
    Case(
        name="2 hours",
        rule=_LIMIT,
        inputs=[*steps(0, 2 * HOUR, 15 * MINUTE), step(2 * HOUR + 1, "FEEDBACK")],
        sessions=[{"events": 8, "ended_at": at(105 * MINUTE)}, {"events": 2, "started_at": at(2 * HOUR)}],
    ),
    Case(
        name="2 hours backwards",
        rule=_LIMIT,
        inputs=[*steps(0, 110 * MINUTE, 10 * MINUTE), step(-10 * MINUTE, "APP_MOUNTED")],
        sessions=[{"events": 12, "started_at": at(0)}],
        rejected=["too_late"],
    ),
    Case(
        name="the second window of a long visit takes what the first can not",
        rule=_LIMIT,
        inputs=[*steps(0, 119 * MINUTE, 17 * MINUTE), step(2 * HOUR + 30, "APP_MOUNTED"), step(2 * HOUR, "FEEDBACK")],
        sessions=[{"ended_at": at(119 * MINUTE)}, {"started_at": at(2 * HOUR), "events": 2}],
    ),
    Case(
        name="the first window of a long visit takes what both could",
        rule=_LIMIT,
        inputs=[
            *steps(0, 119 * MINUTE, 17 * MINUTE),
            step(2 * HOUR + 30, "APP_MOUNTED"),
            step(119.9 * MINUTE, "FEEDBACK"),
        ],
        sessions=[{"ended_at": at(119.9 * MINUTE), "events": 9}, {"started_at": at(2 * HOUR + 30), "events": 1}],
    ),
    Case(
        name="an event between joins two windows",
        rule=_MERGE,
        inputs=[step(0, "APP_MOUNTED"), step(18.5 * MINUTE, "APP_ONLINE"), step(9 * MINUTE, "FEEDBACK")],
        sessions=[
            {
                "session_id": digest("visit", "APP_MOUNTED@0"),
                "events": 3,
                "revision": 2,
                "started_at": at(0),
                "ended_at": at(18.5 * MINUTE),
            }
        ],
        visits=[{"visit_id": digest("visit", "APP_MOUNTED@0"), "revision": 2}],
    ),
    Case(
        name="windows that come to overlap stay apart until an event joins both",
        rule=_MERGE,
        inputs=[
            step(0, "APP_MOUNTED"),
            step(18.5 * MINUTE, "APP_ONLINE"),
            api(1, "OK", connect_session_id="visit"),
            step(40 * MINUTE, "FEEDBACK"),
        ],
        sessions=[
            {"request_id": None, "events": 2, "started_at": at(0), "ended_at": at(40 * MINUTE)},
            {"request_id": "X", "events": 1},
            {"request_id": None, "events": 1, "started_at": at(18.5 * MINUTE)},
        ],
    ),
    Case(
        name="merging stays within 2 hours",
        rule=_LIMIT,
        inputs=[
            *steps(0, 103 * MINUTE, 17 * MINUTE),
            step(121.5 * MINUTE, "APP_ONLINE"),
            step(112 * MINUTE, "FEEDBACK"),
        ],
        sessions=[{"events": 9, "ended_at": at(112 * MINUTE)}, {"events": 1, "started_at": at(121.5 * MINUTE)}],
    ),
    Case(
        name="merged windows keep the earlier identity of each request",
        rule="identities of the earlier window win",
        inputs=[
            step(0, "REDIRECT", "X"),
            step(1, "REDIRECT", "Y"),
            step(18.5 * MINUTE, "FEEDBACK", "X"),
            step(18.6 * MINUTE, "REDIRECT", "Z"),
            step(9 * MINUTE, "FEEDBACK"),
        ],
        sessions=[
            {"request_id": "X", "session_id": digest("visit", "REDIRECT@0"), "events": 2, "revision": 2},
            {"request_id": "Y", "session_id": digest("visit", "REDIRECT@1"), "events": 2, "revision": 2},
            {"request_id": "Z", "revision": 1, "attempt": 3},
        ],
        visits=[{"request_ids": ["X", "Y", "Z"], "visit_id": digest("visit", "REDIRECT@0")}],
    ),
    Case(
        name="of two identities of a request the earlier window's goes on",
        rule="identities of the earlier window win",
        inputs=[
            step(0, "REDIRECT", "X"),
            step(18.5 * MINUTE, "REDIRECT", "X"),
            api(20, "OK", "S", connect_session_id="visit"),  # the first window lives for 40 minutes now
            idle(20 * MINUTE),
            step(9 * MINUTE, "FEEDBACK"),
        ],
        sessions=[
            {"request_id": "X", "session_id": digest("visit", "REDIRECT@0"), "revision": 2, "events": 3},
            {"request_id": "S", "revision": 1},
            {"request_id": "X", "session_id": digest("visit", "REDIRECT@1110"), "revision": 1, "events": 1},
        ],
        visits=[
            {"visit_id": digest("visit", "REDIRECT@0"), "revision": 3, "ended_at": at(18.5 * MINUTE)},
            {"visit_id": digest("visit", "REDIRECT@1110"), "revision": 1},
        ],
    ),
    Case(
        name="REDIRECT does not cut",
        rule=_NEVER_CUT,
        inputs=[step(0, "REDIRECT", "X"), step(17 * MINUTE, "FEEDBACK", "X")],
        sessions=[{"events": 2, "outcome": "completed", "ended_at": at(17 * MINUTE)}],
    ),
    Case(
        name="COMPONENT_CLOSE_SESSION does not cut",
        rule=_NEVER_CUT,
        inputs=[step(0, "COMPONENT_CLOSE_SESSION"), other_visit(5 * MINUTE), step(17 * MINUTE, "FEEDBACK")],
        sessions=[{"events": 2, "revision": 2}, {"connect_session_id": "other"}],
    ),
    Case(
        name="one session whatever pauses",
        rule=_ONE,
        inputs=[
            code(0, "INVALID_PASSWORD", "X"),
            code(17 * MINUTE, "INVALID_PASSWORD", "X"),
            step(34 * MINUTE, "REDIRECT"),
        ],
        sessions=[{"events": 3, "outcome": "completed", "time_to_connect_ms": 34 * 60_000}],
    ),
]
