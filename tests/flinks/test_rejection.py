"""What is shown of a record that can not be used."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.flinks.event import VALUE_BYTES
from pipeline.flinks.rejection import redacted, rejection

HIDDEN = "hunter2-4111111111111111"


def shown(value: bytes | None) -> Any:
    record = rejection("wrong_type", "why", topic="flinks.events", partition=3, offset=7, append_ms=1_000, value=value)
    return orjson.loads(record)["payload"]


class TestRejection:
    def test_fields(self) -> None:
        """It has the contract's fields, and where the original stands."""
        record = rejection(
            "too_late", "why", topic="flinks.events", partition=3, offset=7, append_ms=1_500, value=b"{}"
        )
        assert orjson.loads(record) == {
            "v": 1,
            "reason": "too_late",
            "detail": "why",
            "topic": "flinks.events",
            "partition": 3,
            "offset": 7,
            "at": "1970-01-01T00:00:01.500Z",
            "payload": {},
        }

    def test_shows_what_is_nobodys_secret(self) -> None:
        """Known names and sources, small numbers, times, and types and lengths of the rest."""
        value = orjson.dumps(
            {
                "v": 2,
                "id": "abc",
                "source": "browser",
                "kind": "step",
                "name": "SUBMIT_CREDENTIAL",
                "at": "2026-01-01T00:00:00Z",
                "received_at": HIDDEN,
                "seq": 4_111_111_111,
                "http_status": 401,
                "institution": "RBC",
                "login": None,
                "attributes": {"a": 1},
                HIDDEN: 1,
            }
        )
        assert shown(value) == {
            "v": 2,
            "id": "<string 3>",
            "source": "browser",
            "kind": "step",
            "name": "SUBMIT_CREDENTIAL",
            "at": "2026-01-01T00:00:00.000Z",
            "received_at": f"<string {len(HIDDEN)}>",
            "seq": "<number>",
            "http_status": 401,
            "institution": "RBC",
            "login": None,
            "attributes": "<object 1>",
            "<other fields>": 1,
        }

    @pytest.mark.parametrize(
        ("value", "payload"),
        [
            (None, None),
            (b"hunter2", "<7 bytes>"),
            (b'"hunter2"', "<string 7>"),
            (b"[1,2]", "<list 2>"),
            (b"4111", "<number>"),
            (b"true", True),
            (b" " * (VALUE_BYTES + 1), f"<{VALUE_BYTES + 1} bytes>"),
        ],
    )
    def test_what_is_no_object(self, value: bytes | None, payload: Any) -> None:
        """Its length or type is all there is to show."""
        assert shown(value) == payload

    @given(
        st.dictionaries(
            st.sampled_from(
                ["v", "id", "source", "kind", "name", "at", "seq", "login", "institution", "x", "attributes"]
            ),
            st.sampled_from([HIDDEN, [HIDDEN], {HIDDEN: HIDDEN}, 4_111_111_111_111_111, -5, 4111.1111]),
        )
    )
    def test_no_secret_passes(self, fields: dict[str, Any]) -> None:
        """Wherever in a record a secret stands, it is not shown, and what is shown is small."""
        payload = orjson.dumps(redacted(orjson.dumps({**fields, HIDDEN: HIDDEN})))
        assert b"hunter2" not in payload
        assert b"4111" not in payload
        assert len(payload) < 1_000
