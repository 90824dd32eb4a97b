"""The quick way of ordinary requests against the long way."""

import uuid
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collector.batch import read_batch
from pipeline.collector.browser import judge
from pipeline.collector.fast_path import read_ordinary, values_of
from pipeline.collector.keys import App
from pipeline.collector.verdict import all_accepted
from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.event import read
from tests.collector.doors import WRITE_KEY

NOON = "2026-11-23T12:00:00.000Z"
NOON_MS = 1795435200000
APP = App("lending", "production")
uuids = st.uuids().map(str)
names = st.sampled_from([*CATALOGUE])
usual = {
    "institution": st.sampled_from(["RBC", "rbc", "", "Bank of Ünknown", "9876543210", None]),
    "cached": st.booleans() | st.none(),
    "mfaTypes": st.sampled_from(["SMS", "", ["SMS", "Question"], [], None, "What is your pet called?"]),
    "requestId": uuids | uuids.map(str.upper) | st.none(),
}
unusual = {
    "institution": st.sampled_from(['"', "\n", 14, {"id": 14}]),
    "requestId": st.sampled_from(["", "secret", 7]),
    "flinksCode": names,
    "url": st.just("https://example.com/?requestId=3eb951d4-5738-4004-81b2-fb28c5e4c1a0"),
}
usual_steps = st.fixed_dictionaries({"step": names}, optional=usual)
steps = st.fixed_dictionaries({"step": names | st.sampled_from(["NEW_STEP", "", "no step"])}, optional=unusual)
times = st.sampled_from(
    [NOON, "2026-11-23T11:59:58.123Z", "2027-01-01T00:00:00.000Z", "2026-11-23T07:00:00-05:00", "no"]
)
told = st.fixed_dictionaries(
    {"id": uuids | st.sampled_from(["1", "", "no id", f"{uuid.UUID(int=1)} {uuid.UUID(int=2)}"])},
    optional={"at": times, "seq": st.integers(0, 5), "data": steps, "more": st.just(1)},
)
ordinary_told = st.fixed_dictionaries(
    {"id": uuids, "at": times.filter(lambda at: at != "no"), "seq": st.integers(0, 2**53 - 1), "data": usual_steps},
)


class TestOrdinary:
    """The quick way comes to what the long way comes to, or does not try."""

    @given(
        st.lists(ordinary_told, min_size=1, max_size=4) | st.lists(told | ordinary_told, max_size=3),
        uuids | st.just("visit-1"),
        st.sampled_from([0, 5_000, -90_000_000]),
        st.sampled_from([None, "7.1", "a release", "x" * 70]),
        st.sampled_from([None, "web", "ios"]),
    )
    def test_as_the_long_way(
        self, events: list[Any], visit: str, behind_ms: int, release: str | None, platform: str | None
    ) -> None:
        body = {"v": 1, "key": WRITE_KEY, "connect_session_id": visit, "events": events, "release": release}
        sent = orjson.dumps(body | ({} if platform is None else {"platform": platform}))
        ordinary = read_ordinary(sent, 500)
        values = ordinary and values_of(ordinary, APP, NOON_MS, behind_ms)
        if not ordinary or not values:
            return
        verdicts, records = judge(read_batch(sent, 500), APP, NOON_MS, behind_ms)
        assert records == {visit.encode(): values}
        assert orjson.loads(all_accepted([told.id for told in ordinary.events]).body)["events"] == verdicts

    def test_most_steps_go_it(self) -> None:
        """All but those with an address, and what is no step."""
        for name, entry in CATALOGUE.items():
            data = {"step": name, "institution": "RBC", "mfaTypes": ["SMS"], "requestId": str(uuid.UUID(int=1))}
            event = {"id": str(uuid.UUID(int=2)), "at": NOON, "seq": 1, "data": data}
            body = {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.UUID(int=3)), "events": [event]}
            ordinary = read_ordinary(orjson.dumps(body), 500)
            assert ordinary is not None
            (value,) = values_of(ordinary, APP, NOON_MS, 0) or [b""]
            assert read(value)[0].name == entry.name

    @pytest.mark.parametrize(
        "ids",
        [
            ["3eb951d45-738-4004-81b2-fb28c5e4c1a0"],
            ["3EB951D4-5738-4004-81b2-fb28c5e4c1a0"],
            ["3eb951d4-5738-4004-81b2-fb28c5e4c1a\u0660"],
            ["3eb951d4-5738-4004-81b2-fb28c5e4c1a0-"],
            ["3eb951d4-5738-4004-81b2-fb28c5e4c1a", "03eb951d4-5738-4004-81b2-fb28c5e4c1a0"],
            ["", "3eb951d4-5738-4004-81b2-fb28c5e4c1a0 3eb951d4-5738-4004-81b2-fb28c5e4c1a0"],
            ["4540123456789010"],
        ],
    )
    def test_ids_that_are_not_quite_uuids(self, ids: list[str]) -> None:
        """Are looked at one by one."""
        events = [{"id": id_, "at": NOON, "seq": 1, "data": {"step": "APP_MOUNTED"}} for id_ in ids]
        body = {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.UUID(int=3)), "events": events}
        assert read_ordinary(orjson.dumps(body), 500) is None

    def test_too_many(self) -> None:
        """Are told so by the long way."""
        event = {"id": str(uuid.UUID(int=2)), "at": NOON, "seq": 1, "data": {"step": "APP_MOUNTED"}}
        body = {"v": 1, "key": WRITE_KEY, "connect_session_id": str(uuid.UUID(int=3)), "events": [event] * 501}
        assert read_ordinary(orjson.dumps(body), 500) is None
        assert read_ordinary(orjson.dumps(body), 501) is not None
