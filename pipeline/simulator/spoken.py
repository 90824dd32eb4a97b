"""Made-up events turned back into what Flinks Connect posts to a page, and what its API answers to a backend."""

from typing import Any, Final

_ATTRIBUTES: Final = {
    "mfa_types": "mfaTypes",
    "retry_count": "count",
    "total_accounts": "totalAccounts",
    "displayed_accounts": "displayedAccounts",
    "cached": "cached",
}

Event = dict[str, Any]


def posted(event: Event) -> dict[str, Any]:
    """A browser's event as listeners send it."""
    attributes = event.get("attributes", {})
    data = {
        "step" if event["kind"] == "step" else "flinksCode": event["name"],
        "requestId": event.get("request_id"),
        "institution": event.get("institution"),
        **{said: attributes.get(name) for name, said in _ATTRIBUTES.items()},
    }
    return {"id": event["id"], "at": event.get("at"), "seq": event.get("seq"), "data": _known(data)}


def answered(event: Event) -> dict[str, Any]:
    """A backend's event, or a webhook's, as `pipeline.client` sends it. Logins are hashes already, and stay out."""
    data = {
        "HttpStatusCode": event.get("http_status"),
        "FlinksCode": None if event["name"] == "OK" else event["name"],
        "RequestId": event["request_id"],
        "Institution": event.get("institution"),
        "SecurityChallenges": [{"Type": told} for told in event.get("attributes", {}).get("mfa_types", ())] or None,
    }
    endpoint = event.get("attributes", {}).get("endpoint")
    return {"id": event["id"], "at": event.get("at"), "endpoint": endpoint, "data": _known(data)}


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
