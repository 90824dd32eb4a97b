"""Two sets of results side by side, and their differences in words."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson

Record = Mapping[str, Any]

REVISING = frozenset({"revision", "duplicates"})  # all that the order of arrival may change


def latest_differences(
    expected: Mapping[str, Record], actual: Mapping[str, Record], ignore: Collection[str] = ()
) -> list[str]:
    """Compare the latest revisions by their ids.

    Args:
        expected: What the rules give: sessions by session_id, or visits by visit_id.
        actual: What the program under test gave.
        ignore: Fields not to look at, such as `REVISING`.

    Returns:
        A sentence for each result that is missing, not expected, or wrong; none if all is equal.
    """
    found = [f"missing: {_name(expected[key])}" for key in expected if key not in actual]
    found += [f"not expected: {_name(actual[key])}" for key in actual if key not in expected]
    for key in expected.keys() & actual.keys():
        found += _fields(expected[key], actual[key], ignore)
    return found


def emitted_differences(
    expected: Iterable[Record], actual: Iterable[Record], ignore: Collection[str] = ()
) -> list[str]:
    """Compare every emission, all revisions, whatever their order across record keys."""
    left, right = _by_revision(expected, ignore), _by_revision(actual, ignore)
    found = []
    for key in sorted(left.keys() | right.keys()):
        wanted, given = left.get(key, []), right.get(key, [])
        found += [f"missing: {_name(record)}" for record in wanted[len(given) :]]
        found += [f"not expected: {_name(record)}" for record in given[len(wanted) :]]
        for one, other in zip(wanted, given, strict=False):
            found += _fields(one, other, ignore)
    return found


def _by_revision(records: Iterable[Record], ignore: Collection[str]) -> dict[tuple[str, str, int], list[Record]]:
    # Lists, for an id can come again with a first revision when its window is gone.
    grouped: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        grouped.setdefault((_what(record), _id(record), record["revision"]), []).append(record)
    for same in grouped.values():
        same.sort(key=lambda record: _told(record, ignore))
    return grouped


def _told(record: Record, ignore: Collection[str]) -> bytes:
    told = {field: value for field, value in record.items() if field not in ignore}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _fields(expected: Record, actual: Record, ignore: Collection[str]) -> list[str]:
    absent = object()
    found = []
    for field in sorted((expected.keys() | actual.keys()) - set(ignore)):
        wanted, given = expected.get(field, absent), actual.get(field, absent)
        if wanted is absent:
            found.append(f"{_name(expected)}: field {field} = {given!r} is not of the contract")
        elif given is absent:
            found.append(f"{_name(expected)}: field {field} is missing, {wanted!r} expected")
        elif wanted != given or type(wanted) is not type(given):
            found.append(f"{_name(expected)}: {field} is {given!r}, {wanted!r} expected")
    return found


def _id(record: Record) -> str:
    return str(record.get("session_id") or record.get("visit_id"))


def _what(record: Record) -> str:
    return "session" if "session_id" in record else "visit"


def _name(record: Record) -> str:
    where = ", ".join(
        f"{field} {record[field]}"
        for field in ("connect_session_id", "request_id", "started_at", "outcome", "revision")
        if record.get(field) is not None
    )
    return f"{_what(record)} {_id(record)} ({where})"
