"""Answers of Flinks' API, as a backend passes them on, and Flinks' webhooks, to contract events."""

from typing import Any, Final, Literal

from pipeline.flinks.attributes import attributes_of
from pipeline.flinks.event import Event, Unusable
from pipeline.flinks.login import LoginKeys
from pipeline.flinks.raw import Fields, Refused, Stamp, fields_of, institution_of
from pipeline.flinks.shapes import endpoint as endpoint_like
from pipeline.flinks.shapes import flinks_name, identifier, number

_OK: Final = "OK"
_NO_CODES: Final = frozenset({"N/A", "None"})
_STATUSES: Final = range(100, 600)
_FAILED_STATUS: Final = 400


def read_answer(
    body: Any,
    stamp: Stamp,
    login_keys: LoginKeys | None = None,
    *,
    endpoint: str | None = None,
    request_id: str | None = None,
    http_status: int | None = None,
) -> Event | Refused:
    """The event that an answer of the API tells of.

    Args:
        body: The answer's JSON as it came, with accounts and all; of those nothing passes.
        stamp: What the answer itself does not say.
        login_keys: For the hash of the loginId; without it logins are not told.
        endpoint: What was asked: GetAccountsDetail, or the path of the request.
        request_id: The request's, for answers without one.
        http_status: The answer's own, for bodies without one.
    """
    told = {"requestid": request_id, "httpstatuscode": http_status}
    return _read(body, stamp, login_keys, "server", endpoint, {name: value for name, value in told.items() if value})


def read_webhook(body: Any, stamp: Stamp, login_keys: LoginKeys | None = None) -> Event | Refused:
    """The event that a webhook's JSON tells of; its ResponseType is the endpoint that it answers for."""
    return _read(body, stamp, login_keys, "webhook", None, {})


def _read(
    body: Any,
    stamp: Stamp,
    login_keys: LoginKeys | None,
    source: Literal["server", "webhook"],
    endpoint: str | None,
    told: Fields,
) -> Event | Refused:
    if not isinstance(body, dict):
        return Refused("wrong_type", "the body is not a JSON object")
    fields = {**told, **fields_of(body)}
    http_status = number(fields.get("httpstatuscode"), _STATUSES.stop)
    http_status = http_status if http_status in _STATUSES else None
    request_id = identifier(fields.get("requestid"))
    if request_id is None:
        return Refused("missing_field", "there is nothing like a RequestId")
    try:
        name = _name(fields.get("flinkscode"), http_status)
    except Unusable as verdict:
        return Refused(verdict.reason, verdict.detail)
    login = fields.get("login")
    login_id = fields_of(login).get("id") if isinstance(login, dict) else fields.get("loginid")
    return Event(
        v=1,
        id=stamp.id,
        source=source,
        kind="api",
        name=name,
        at=stamp.at,
        received_at=stamp.received_at,
        connect_session_id=stamp.connect_session_id,
        request_id=request_id,
        seq=stamp.seq,
        institution=institution_of(fields),
        http_status=http_status,
        login=login_keys.hashed(login_id) if login_keys else None,
        app=stamp.app,
        environment=stamp.environment,
        platform=stamp.platform,
        release=stamp.release,
        attributes=attributes_of(name, fields, endpoint_like(fields.get("responsetype", endpoint))),
    )


def _name(code: Any, http_status: int | None) -> str:
    """The code; of an answer without one, OK or its status: HTTP_502 is an unknown failure."""
    if code is None or (isinstance(code, str) and code.strip() in _NO_CODES):
        if http_status is None:
            raise Unusable("missing_field", "there is neither a FlinksCode nor an HttpStatusCode")
        return _OK if http_status < _FAILED_STATUS else f"HTTP_{http_status}"
    name = flinks_name(code)
    if name is None:
        raise Unusable("wrong_type", "FlinksCode: nothing like a name of Flinks")
    return name
