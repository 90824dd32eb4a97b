"""Records that are not what their topic is for."""

from collections.abc import Callable

import pytest

from pipeline.dashboard.minutes import Filter
from pipeline.dashboard.model import Model
from pipeline.dashboard.snapshot import snapshot
from tests.dashboard.made import NOW_MS, alert, count, session, visit

NO_TIME = "yesterday"
BAD = {
    "no JSON": (Model.take_count, b"\xff{"),
    "another thing": (Model.take_alert, count()),
    "nothing": (Model.take_visit, b"null"),
    "a count's minute": (Model.take_count, count(minute=NO_TIME)),
    "a count's watermark": (Model.take_count, count(watermark=NO_TIME)),
    "a session's start": (Model.take_session, session(started_at=NO_TIME)),
    "a session's end": (Model.take_session, session(ended_at=NO_TIME)),
    "a session's id": (Model.take_session, session(session_id="<b>")),
    "a visit's start": (Model.take_visit, visit(started_at=NO_TIME)),
    "an incident's start": (Model.take_alert, alert(started_at=NO_TIME)),
    "an incident's end": (Model.take_alert, alert(state="resolved", ended_at=NO_TIME)),
}


@pytest.mark.parametrize("name", BAD)
def test_are_counted_and_shown_nowhere(name: str) -> None:
    """One of them, read back at each start, would be the end of every page."""
    take: Callable[[Model, bytes], None]
    take, value = BAD[name]
    model = Model()
    take(model, value)
    assert model.unreadable == 1
    told = snapshot(model, Filter(), NOW_MS)
    assert told["latest"] == []
    assert told["incidents"] == {"open": [], "more": 0, "over": []}
