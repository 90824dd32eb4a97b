"""Events of a listener's request to records and verdicts, without a network: laws."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collector.batch import read_batch
from pipeline.collector.browser import judge
from pipeline.collector.keys import App
from pipeline.collector.problem import Problem
from pipeline.flinks.event import read
from pipeline.flinks.login import LoginKeys
from tests.collector.doors import WRITE_KEY
from tests.flinks.secrets import IDS, SECRETS, Planter, leaks

NOON = "2026-11-23T12:00:00.000Z"
NOON_MS = 1795435200000
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "at", "seq", "data", "step", "flinksCode", "requestId"]), inner, max_size=5
        )
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


class TestJudge:
    @given(st.lists(json_values, max_size=6))
    def test_whatever_the_events_are(self, events: list[Any]) -> None:
        """One verdict each, in order; what is accepted can be read by the agent; nothing raises."""
        body = (
            orjson.dumps({"v": 1, "key": WRITE_KEY, "connect_session_id": "visit-1", "events": events}, default=str)
            if _is_json(events)
            else b"[]"
        )
        try:
            batch = read_batch(body, 500)
        except Problem:
            assert body == b"[]"
            return
        verdicts, records = judge(batch, App("lending"), NOON_MS, 0)
        assert len(verdicts) == len(events)
        values = [value for values in records.values() for value in values]
        told = [verdict["id"] for verdict in verdicts if verdict["verdict"] == "accepted"]
        assert [read(value)[0].id for value in values] == told

    def test_no_secret_gets_through(self) -> None:
        """Neither to the records nor into verdicts."""
        keys = LoginKeys(("k" * 32,))
        shown = []
        secrets = [text for what, text in SECRETS.items() if what not in IDS]
        for number, message in enumerate(Planter(11).messages(3_000)):
            secret = secrets[number % len(secrets)]
            events = [
                {"id": f"event-{number}", "at": NOON, "seq": 1, "data": message},
                {"id": "1", "at": secret, "data": message},
                {"id": "2", "seq": secret, "data": message},
                {"id": "3", "data": message, secret: secret},
            ]
            body = {"v": 1, "key": WRITE_KEY, "connect_session_id": "visit-1", "events": events}
            verdicts, records = judge(read_batch(orjson.dumps(body), 500), App("lending"), NOON_MS, 0, keys)
            shown += [orjson.dumps(verdicts), *(value for values in records.values() for value in values)]
        found = set(leaks(shown))
        # A login looks like a requestId, and stands where one does: as a visit's other requestId.
        assert not found - {SECRETS[what].lower().encode() for what in IDS}


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True
