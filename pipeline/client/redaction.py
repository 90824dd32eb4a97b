"""What of an answer is passed on: the fields that say how it went. Accounts, names and answers stay where they are."""

from collections.abc import Mapping
from typing import Any, Final

_FIELDS: Final = {
    "httpstatuscode",
    "flinkscode",
    "requestid",
    "institution",
    "institutionid",
    "institutionname",
    "responsetype",
}
_LOGIN: Final = {"id"}
_CHALLENGE: Final = {"type"}
_CHALLENGES: Final = 20


def redacted(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer without anything that the collector would drop anyway. The loginId is in it: it becomes a hash."""
    kept: dict[str, Any] = {}
    for name, value in answer.items():
        bare = _bare(name)
        if bare in _FIELDS:
            kept[name] = _simple(value)
        elif bare == "login" and isinstance(value, Mapping):
            kept[name] = _only(value, _LOGIN)
        elif bare == "securitychallenges" and isinstance(value, list):
            kept[name] = [_only(one, _CHALLENGE) for one in value[:_CHALLENGES] if isinstance(one, Mapping)]
    return kept


def _only(fields: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: _simple(value) for name, value in fields.items() if _bare(name) in names}


def _simple(value: Any) -> Any:
    """Institutions come as a name, a number or an object of both."""
    if isinstance(value, Mapping):
        return _only(value, {"id", "name"})
    return value if isinstance(value, str | int | bool) else None


def _bare(name: Any) -> str:
    return str(name).lower().replace("_", "")
