"""Brackets within brackets, by the thousand: no reader takes them, and what stands beside them is none the worse."""

from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collector.batch import read_batch
from pipeline.collector.browser import judge
from pipeline.collector.keys import App
from pipeline.collector.lenient import read_leniently
from pipeline.collector.problem import Problem
from tests.collector.doors import WRITE_KEY

NESTS = {
    "lists": ("[", "]"),
    "objects": ('{"a":', "}"),
    "both": ('[{"a":', "}]"),
    "texts beside": ('["]\\\\\\"}",{},', "]"),
}


def nested(nest: str, depth: int, inner: str = "1") -> str:
    before, after = NESTS[nest]
    return before * depth + inner + after * depth


def body(*events: str, more: str = "") -> bytes:
    told = ",".join(events)
    return f'{{"v":1,"key":"{WRITE_KEY}","connect_session_id":"visit-1","events":[{told}]{more}}}'.encode()


def judged(sent: bytes) -> list[dict[str, Any]]:
    verdicts, _ = judge(read_batch(sent, 500), App("lending"), 1795435200000, 0)
    return verdicts


class TestNesting:
    @pytest.mark.parametrize(("nest", "depth"), [*product(NESTS, [1_000, 3_000])])
    def test_spoils_its_own_event_alone(self, nest: str, depth: int) -> None:
        """Wherever in the event it is."""
        deep = nested(nest, depth)
        sent = body(
            '{"id":"1","data":{"step":"APP_MOUNTED"}}',
            f'{{"id":"2","data":{{"step":"APP_MOUNTED","more":{deep}}}}}',
            f'{{"id":"3","data":{deep}}}',
            '{"id":"4","data":{"step":"[[[[{\\""}}',
            deep,
            '{"id":"6","data":{"step":"APP_MOUNTED"}}',
        )
        told = [(verdict["id"], verdict["verdict"], verdict.get("reason")) for verdict in judged(sent)]
        assert told == [
            ("1", "accepted", None),
            ("2", "rejected", "not_json"),
            ("3", "rejected", "not_json"),
            ("4", "rejected", "wrong_type"),
            (None, "rejected", "not_json"),
            ("6", "accepted", None),
        ]

    @pytest.mark.parametrize(
        "sent",
        [
            body(more=f',"release":{nested("lists", 5_000)}'),
            body("[" * 5_000),
            body("]" * 5_000),
            body(nested("lists", 5_000, '"')),
            body(nested("lists", 100_000)[:-1]),
            b"[" * 200_000,
        ],
    )
    def test_beside_the_events(self, sent: bytes) -> None:
        """It is the request's own, and so is what never ends."""
        with pytest.raises(Problem, match="nested too deeply"):
            read_batch(sent, 500)

    def test_more_of_it_than_anybody_looks_through(self) -> None:
        """It costs no more time than other requests, and is refused as a whole."""
        with pytest.raises(Problem, match="nested too deeply"):
            read_batch(body(nested("lists", 1_000, "[{}" + ",{}" * 60_000 + "]")), 500)

    @given(st.recursive(st.sampled_from([1, "[", '"', "\\", None]), lambda inner: st.lists(inner, max_size=3)))
    def test_the_rest_is_read_as_it_is(self, value: Any) -> None:
        """Whatever stands beside it."""
        beside = orjson.dumps(value)
        found = read_leniently(b"[%b,%b,%b]" % (beside, nested("both", 1_000).encode(), beside))
        assert [found[0], found[2]] == [value, value]
