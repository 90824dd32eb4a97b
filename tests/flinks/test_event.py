"""Reading contract events, and what is said of those that can not be read."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.flinks.event import VALUE_BYTES, Attributes, Unusable, read

GOOD: dict[str, Any] = {
    "v": 1,
    "id": "e1",
    "source": "browser",
    "kind": "step",
    "name": "APP_MOUNTED",
    "at": "2026-01-01T00:00:00.000Z",
    "received_at": "2026-01-01T00:00:00.250Z",
    "connect_session_id": "c1",
}
MS = 1_767_225_600_000
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


def told(change: dict[str, Any]) -> Unusable:
    with pytest.raises(Unusable) as caught:
        read(orjson.dumps(GOOD | change))
    return caught.value


class TestRead:
    def test_good(self) -> None:
        """A contract event, the earlier of its times, and when it was received."""
        event, time_ms, received_ms = read(orjson.dumps(GOOD | {"seq": 3, "attributes": {"mfa_types": ["SMS"]}}))
        assert (event.id, event.seq, event.request_id) == ("e1", 3, None)
        assert event.attributes == Attributes(mfa_types=["SMS"])
        assert (time_ms, received_ms) == (MS, MS + 250)

    def test_nothing_and_null_are_absent(self) -> None:
        """Empty texts and nulls are as if they were not there."""
        absent = {
            "request_id": "",
            "institution": None,
            "seq": None,
            "login": "",
            "attributes": {"mfa_types": ["", "SMS"], "cached": None},
        }
        event, _, _ = read(orjson.dumps(GOOD | absent))
        assert (event.request_id, event.institution, event.seq, event.login) == (None, None, None, None)
        assert event.attributes == Attributes(mfa_types=["SMS"])

    def test_unknown_fields_are_ignored(self) -> None:
        """At the top and among the attributes, whatever is in them."""
        extra = {"colour": [[1]], "attributes": {"prompt": {"a": 1}}}
        assert read(orjson.dumps(GOOD | extra))[0].attributes == Attributes()

    @pytest.mark.parametrize(
        ("change", "reason", "detail"),
        [
            ({"v": 2}, "unknown_version", "v is not 1"),
            ({"v": None}, "missing_field", "v is missing"),
            ({"v": "1"}, "wrong_type", "$.v"),
            ({"v": True}, "wrong_type", "$.v"),
            ({"id": ""}, "missing_field", "id is missing"),
            ({"received_at": None}, "missing_field", "received_at is missing"),
            ({"connect_session_id": None}, "missing_field", "both missing"),
            ({"source": "server"}, "missing_field", "request_id is missing"),
            ({"source": "phone"}, "wrong_type", "$.source"),
            ({"kind": 5}, "wrong_type", "$.kind"),
            ({"at": "soon"}, "wrong_type", "at or received_at"),
            ({"seq": -1}, "wrong_type", "$.seq"),
            ({"seq": 2**53}, "wrong_type", "$.seq"),
            ({"seq": 1.5}, "wrong_type", "$.seq"),
            ({"http_status": 600}, "wrong_type", "$.http_status"),
            ({"attributes": []}, "wrong_type", "$.attributes"),
            ({"attributes": {"mfa_types": 1}}, "wrong_type", "$.attributes.mfa_types"),
            ({"attributes": {"mfa_types": [None]}}, "wrong_type", "$.attributes.mfa_types[0]"),
            ({"attributes": {"mfa_types": ["x"] * 21}}, "too_large", "$.attributes.mfa_types"),
            ({"attributes": {"mfa_types": "x" * 65}}, "too_large", "$.attributes.mfa_types"),
            ({"name": "N" * 65}, "too_large", "$.name"),
            ({"id": "x" * 129}, "too_large", "$.id"),
            ({"app": "x" * 129}, "too_large", "$.app"),
            ({"other": "x" * VALUE_BYTES}, "too_large", "bytes"),
        ],
    )
    def test_reasons(self, change: dict[str, Any], reason: str, detail: str) -> None:
        """Each has its reason, and a detail that tells the field."""
        verdict = told(change)
        assert verdict.reason == reason
        assert detail in verdict.detail

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (None, "empty"),
            (b"", "not_json"),
            (b"{", "not_json"),
            (b"\xff\xfe", "not_json"),
            (b"[" * 60_000, "not_json"),
            (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "not_json"),
            (b'{"v":NaN}', "not_json"),
            (b'{"id":"\\ud800"}', "not_json"),
            (b"[]", "wrong_type"),
            (b"null", "wrong_type"),
            (b'"text"', "wrong_type"),
            (b"9" * 5000, "not_json"),
            (b" " * (VALUE_BYTES + 1), "too_large"),
        ],
    )
    def test_what_is_no_object(self, value: bytes | None, reason: str) -> None:
        """Whatever bytes come, there is a reason and no other exception."""
        with pytest.raises(Unusable) as caught:
            read(value)
        assert caught.value.reason == reason

    def test_the_last_of_two_fields_counts(self) -> None:
        """As most readers of JSON have it, even if the first one is no good."""
        value = b'{"id":5,' + orjson.dumps(GOOD)[1:]
        assert read(value)[0].id == "e1"

    @given(st.dictionaries(st.sampled_from([*GOOD, "request_id", "seq", "http_status", "attributes", "x"]), JSON))
    def test_details_tell_nothing_of_the_content(self, change: dict[str, Any]) -> None:
        """Texts of the record are never in what is said of it, and nothing but Unusable is raised."""
        value = orjson.dumps(GOOD | change)
        detail = ""
        try:
            read(value)
        except Unusable as verdict:
            detail = verdict.detail
        texts = [text for text in change.values() if isinstance(text, str) and len(text) > 3]
        assert not any(text in detail for text in texts)

    @given(st.binary(max_size=200))
    def test_any_bytes(self, value: bytes) -> None:
        """Nothing but Unusable is raised."""
        with pytest.raises(Unusable):
            read(value)
