"""Event time and order."""

from typing import Any

from tests.oracle.cases.building import HOUR, MINUTE, NOON_MS, at, code, fields, other_visit, record, step
from tests.oracle.contract import Arrival, Case

_TIME = "event time = min(at, received_at, the broker's append time)"
_ORDER = "order is (event time, seq, id); an absent seq sorts first"
_OTHER = {"connect_session_id": "other"}


def _named(institution: str, seconds: float, **other: Any) -> Arrival:
    return step(seconds, "FEEDBACK", institution=institution, **{"id": institution, **other})


CASES = [
    Case(
        name="at in the future",
        rule=_TIME,
        inputs=[step(10 * HOUR, "APP_MOUNTED", received_at=at(5)), step(6, "FEEDBACK")],
        sessions=[{"started_at": at(5), "ended_at": at(6), "events": 2}],
    ),
    Case(
        name="at before received_at",
        rule=_TIME,
        inputs=[step(3, "APP_MOUNTED", received_at=at(5))],
        sessions=[{"started_at": at(3)}],
    ),
    Case(
        name="no at",
        rule="no at means received_at",
        inputs=[step(0, "APP_MOUNTED", at=None, received_at=at(5))],
        sessions=[{"started_at": at(5)}],
    ),
    Case(
        name="the broker's clock is the earliest",
        rule=_TIME,
        inputs=[record(fields(10 * HOUR, "APP_MOUNTED"), append=7), step(8, "FEEDBACK")],
        sessions=[{"started_at": at(7), "ended_at": at(8)}],
    ),
    Case(
        name="the broker's clock is later",
        rule=_TIME,
        inputs=[record(fields(5, "APP_MOUNTED"), append=HOUR)],
        sessions=[{"started_at": at(5)}],
    ),
    Case(
        name="a clock in the future poisons nothing",
        rule="a clock in the future poisons nothing",
        inputs=[
            record(fields(1000 * HOUR, "APP_MOUNTED", connect_session_id="other"), append=0),
            Arrival(step(1, "APP_MOUNTED").value, NOON_MS + 1000),
            Arrival(step(9 * MINUTE, "FEEDBACK").value, NOON_MS + 540_000),
        ],
        sessions=[_OTHER, {"events": 2, "revision": 1}],
        revisions=[(1, "abandoned"), (1, "abandoned")],
    ),
    Case(
        name="milliseconds",
        rule="times are RFC 3339 UTC with milliseconds",
        inputs=[step(0.001, "APP_MOUNTED"), step(59.999, "FEEDBACK")],
        sessions=[{"started_at": "2026-03-02T12:00:00.001Z", "ended_at": "2026-03-02T12:00:59.999Z"}],
    ),
    Case(
        name="time before seq",
        rule=_ORDER,
        inputs=[_named("late", 2, seq=1), _named("early", 1, seq=9)],
        sessions=[{"institution": "late"}],
    ),
    Case(
        name="seq before id",
        rule=_ORDER,
        inputs=[_named("a", 1, seq=2), _named("b", 1, seq=1)],
        sessions=[{"institution": "a"}],
    ),
    Case(
        name="seq is a number",
        rule=_ORDER,
        inputs=[_named("a", 1, seq=10), _named("b", 1, seq=9)],
        sessions=[{"institution": "a"}],
    ),
    Case(
        name="no seq sorts first",
        rule=_ORDER,
        inputs=[_named("a", 1, seq=0), _named("b", 1)],
        sessions=[{"institution": "a"}],
    ),
    Case(
        name="id decides at last",
        rule=_ORDER,
        inputs=[_named("b", 1, seq=3), _named("a", 1, seq=3)],
        sessions=[{"institution": "b"}],
    ),
    Case(
        name="arrival out of order",
        rule="within 60 s of disorder the order of arrival changes nothing but revision and duplicates",
        inputs=[
            code(60, "INVALID_PASSWORD", "X"),
            step(30, "SUBMIT_CREDENTIAL"),
            step(61, "COMPONENT_LOAD_CREDENTIAL_RETRY"),
            step(10, "APP_MOUNTED"),
        ],
        sessions=[
            {
                "started_at": at(10),
                "ended_at": at(61),
                "events": 4,
                "stages": {"mounted": at(10), "submitted": at(30), "credentials": at(61)},
            }
        ],
    ),
    Case(
        name="another key's events move the watermark",
        rule="watermark of a partition = highest event time less 60 s",
        inputs=[step(0, "APP_MOUNTED"), other_visit(9 * MINUTE), step(8 * MINUTE + 10, "FEEDBACK")],
        sessions=[{"events": 2, "revision": 2}, _OTHER],
    ),
    Case(
        name="the watermark is 60 s behind",
        rule="watermark of a partition = highest event time less 60 s",
        inputs=[step(0, "APP_MOUNTED"), other_visit(9 * MINUTE - 0.001), step(8 * MINUTE + 10, "FEEDBACK")],
        sessions=[{"events": 2, "revision": 1}, _OTHER],
    ),
]
