"""After a session closed: revisions, and what comes too late."""

from tests.oracle.cases.building import MINUTE, api, at, code, digest, idle, other_visit, step
from tests.oracle.contract import Case

_REVISES = "until its state goes an event revises what was emitted: same id, revision + 1"
_GOES = "state goes when the watermark passes the window's last event + 18 (or 40) minutes"
_TOO_LATE = "too_late only if no living window takes it and its own would already be gone"
_BEHIND = "being behind the watermark alone is not too late"
_OTHER = {"connect_session_id": "other"}
_VISIT = {"connect_session_id": "visit"}

CASES = [
    Case(
        name="abandoned, then expired",
        rule="a SESSION_EXPIRED that comes after nine idle minutes turns abandoned into expired",
        inputs=[
            step(0, "APP_MOUNTED"),
            code(1, "QUESTION_NOT_FOUND", "X"),
            idle(9 * MINUTE),
            code(9 * MINUTE, "SESSION_EXPIRED", "X"),
        ],
        sessions=[
            {
                "session_id": digest("visit", "APP_MOUNTED@0"),
                "revision": 2,
                "outcome": "expired",
                "failure_code": "SESSION_EXPIRED",
                "failure_class": "expiry",
            }
        ],
        visits=[{"revision": 2, "outcome": "expired"}],
        revisions=[(1, "abandoned"), (2, "expired")],
    ),
    Case(
        name="a revision waits for its own time",
        rule=_REVISES,
        inputs=[
            step(0, "APP_MOUNTED"),
            idle(8 * MINUTE),
            step(8 * MINUTE, "FEEDBACK"),
            idle(16 * MINUTE - 0.001),
            step(8 * MINUTE + 1, "APP_ONLINE"),
        ],
        sessions=[{"revision": 2, "events": 3}],
    ),
    Case(
        name="each closing revises",
        rule=_REVISES,
        inputs=[
            step(0, "APP_MOUNTED"),
            idle(8 * MINUTE),
            step(8 * MINUTE, "FEEDBACK"),
            idle(16 * MINUTE),
            step(8 * MINUTE + 1, "APP_ONLINE"),
        ],
        sessions=[{"revision": 3, "events": 3}],
    ),
    Case(
        name="a request revises the attempt of another",
        rule="results are a pure function of a window's set of events",
        inputs=[step(10, "REDIRECT", "Y"), idle(2 * MINUTE), step(0, "REDIRECT", "X")],
        sessions=[
            {"request_id": "X", "attempt": 1, "revision": 1},
            {"request_id": "Y", "attempt": 2, "revision": 2},
        ],
    ),
    Case(
        name="the id stays though an earlier event comes",
        rule="session_id: at first emission, fixed from then on",
        inputs=[step(10, "REDIRECT", "X"), idle(2 * MINUTE), step(0, "APP_MOUNTED")],
        sessions=[{"session_id": digest("visit", "REDIRECT@10"), "revision": 2, "started_at": at(0)}],
        visits=[{"visit_id": digest("visit", "REDIRECT@10"), "revision": 2, "started_at": at(0)}],
    ),
    Case(
        name="the id of a told session is not given to another",
        rule="session_id: of the first event whose id no session of the window bears",
        inputs=[
            step(0, "SUBMIT_CREDENTIAL"),
            step(10, "REDIRECT", "X"),
            idle(2 * MINUTE),
            step(5, "COMPONENT_LOAD_MFA", "Y"),
        ],
        sessions=[
            {"request_id": "Y", "session_id": digest("visit", "COMPONENT_LOAD_MFA@5"), "started_at": at(0)},
            {"request_id": "X", "session_id": digest("visit", "SUBMIT_CREDENTIAL@0"), "started_at": at(10)},
        ],
    ),
    Case(
        name="a session without a free id",
        rule="session_id: where none is free, of the first event",
        inputs=[
            step(10, "REDIRECT", "X", id="one"),
            idle(2 * MINUTE),
            step(5, "REDIRECT", None, id="one"),
        ],
        sessions=[{"request_id": None, "session_id": digest("visit", "one"), "revision": 1}],
    ),
    Case(
        name="the id is of the first event at first emission",
        rule="session_id: at first emission, fixed from then on",
        inputs=[step(10, "REDIRECT", "X"), step(0, "APP_MOUNTED")],
        sessions=[{"session_id": digest("visit", "APP_MOUNTED@0"), "revision": 1}],
        visits=[{"visit_id": digest("visit", "APP_MOUNTED@0"), "revision": 1}],
    ),
    Case(
        name="state is there just before 18 minutes",
        rule=_GOES,
        inputs=[step(0, "APP_MOUNTED"), idle(18 * MINUTE - 0.001), step(17 * MINUTE, "FEEDBACK")],
        sessions=[{"events": 2, "revision": 2}],
    ),
    Case(
        name="state goes after 18 minutes",
        rule=_GOES,
        inputs=[step(0, "APP_MOUNTED"), idle(18 * MINUTE), step(17 * MINUTE, "FEEDBACK")],
        sessions=[{"events": 1, "revision": 1}, {"events": 1, "started_at": at(17 * MINUTE)}],
    ),
    Case(
        name="state is there just before 40 minutes",
        rule=_GOES,
        inputs=[api(0, "OK"), idle(40 * MINUTE - 0.001), api(39 * MINUTE, "OK")],
        sessions=[{"events": 2, "revision": 2}],
    ),
    Case(
        name="state goes after 40 minutes",
        rule=_GOES,
        inputs=[api(0, "OK"), idle(40 * MINUTE), api(39 * MINUTE, "OK")],
        sessions=[{"events": 1}, {"events": 1}],
    ),
    Case(
        name="pending in a browser lives for 40 minutes",
        rule=_GOES,
        inputs=[code(0, "OPERATION_PENDING", "X"), idle(40 * MINUTE - 0.001), step(1, "FEEDBACK")],
        sessions=[{"events": 2, "revision": 2}],
    ),
    Case(
        name="too late",
        rule=_TOO_LATE,
        inputs=[other_visit(0), idle(18 * MINUTE), step(0, "APP_MOUNTED")],
        sessions=[_OTHER],
        rejected=["too_late"],
    ),
    Case(
        name="not yet too late",
        rule=_BEHIND,
        inputs=[other_visit(0), idle(18 * MINUTE - 0.001), step(0, "APP_MOUNTED")],
        sessions=[{**_OTHER}, {**_VISIT}],
    ),
    Case(
        name="a server event is too late after 40 minutes",
        rule=_TOO_LATE,
        inputs=[other_visit(0), idle(40 * MINUTE), api(0, "OK"), code(0, "OPERATION_PENDING", "Y")],
        sessions=[_OTHER],
        rejected=["too_late", "too_late"],
    ),
    Case(
        name="a server event is not too late before",
        rule=_BEHIND,
        inputs=[
            other_visit(0),
            idle(40 * MINUTE - 0.001),
            api(0, "OK"),
            code(0, "OPERATION_DISPATCHED", "Y"),
            step(0, "APP_MOUNTED"),
        ],
        sessions=[_OTHER, {"request_id": "X"}, {"request_id": "Y"}],
        visits=[{}, {}],
    ),
    Case(
        name="a living window takes what is old",
        rule=_TOO_LATE,
        inputs=[step(10 * MINUTE, "FEEDBACK"), idle(27 * MINUTE), step(-7 * MINUTE, "APP_MOUNTED")],
        sessions=[{"events": 2, "started_at": at(-7 * MINUTE), "revision": 2}],
    ),
    Case(
        name="too late changes nothing",
        rule="it opens and changes nothing",
        inputs=[
            step(0, "APP_MOUNTED"),
            idle(18 * MINUTE),
            step(0, "FEEDBACK", "X"),
            step(-1, "REDIRECT", "X"),
            step(0, "APP_MOUNTED"),
        ],
        sessions=[{"events": 1, "duplicates": 0, "revision": 1, "outcome": "abandoned"}],
        rejected=["too_late", "too_late", "too_late"],
    ),
    Case(
        name="a webhook repeated for hours",
        rule="webhook repeats hours later are so harmless",
        inputs=[
            api(0, "OK", source="webhook"),
            *(
                entry
                for hours in (1, 2, 3)
                for entry in (
                    other_visit(3600 * hours),
                    api(0, "OK", source="webhook", received_at=at(3600 * hours)),
                )
            ),
        ],
        sessions=[
            {"kind": "data", "events": 1, "duplicates": 0},
            _OTHER,
            _OTHER,
            _OTHER,
        ],
        rejected=["too_late", "too_late", "too_late"],
    ),
]
