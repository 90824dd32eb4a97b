"""Messages that Flinks Connect posts to the page, as browsers really deliver them, to contract events."""

from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import orjson

from pipeline.flinks.attributes import attributes_of
from pipeline.flinks.catalogue import CATALOGUE
from pipeline.flinks.event import Event, Unusable
from pipeline.flinks.login import LoginKeys
from pipeline.flinks.raw import Fields, Ignored, Refused, Stamp, fields_of, institution_of
from pipeline.flinks.shapes import flinks_name, identifier

_LAYERS: Final = 8
"""React Native's event, its `data`, JSON in it, and a `data` of the page's own around the message."""
_CHARS: Final = 65_536
"""Flinks' messages have some hundreds."""
_URL_CHARS: Final = 8_192
_URL_FIELDS: Final = 50


def read_message(data: Any, stamp: Stamp, login_keys: LoginKeys | None = None) -> Event | Ignored | Refused:
    """The event that a posted message tells of.

    Args:
        data: The `data` of the browser's MessageEvent: an object, or its JSON as text (`stringify=true`), also
            within React Native's wrappings. Anything that JSON can say is taken, and nothing raises.
        stamp: What the message itself does not say.
        login_keys: For the hash of the loginId; without it logins are not told.
    """
    try:
        fields = _unwrapped(data)
        if fields is None:
            return Ignored()
        return _event(fields, stamp, login_keys)
    except Unusable as verdict:
        return Refused(verdict.reason, verdict.detail)


def _unwrapped(data: Any) -> Fields | None:
    """The fields of Flinks' message, None if it is somebody else's."""
    for _ in range(_LAYERS):
        if isinstance(data, str):
            if len(data) > _CHARS:
                raise Unusable("too_large", f"the message has {len(data)} characters, {_CHARS} are read")
            try:
                data = orjson.loads(data)
            except ValueError:
                return None
            continue
        if not isinstance(data, dict):
            return None
        fields = fields_of(data)
        if isinstance(fields.get("step"), str) or isinstance(fields.get("flinkscode"), str):
            return fields
        data = fields.get("nativeevent", fields.get("data"))
    return None


def _event(fields: Fields, stamp: Stamp, login_keys: LoginKeys | None) -> Event:
    kind, name = _kind_and_name(fields)
    if _completes(name):
        fields = {**_in_url(fields.get("url")), **fields}
    request_id = identifier(fields["requestid"]) if "requestid" in fields else None
    if request_id is None and stamp.connect_session_id is None:
        raise Unusable("missing_field", "there is no connect_session_id, and nothing like a requestId")
    # By position, for names of so many fields take seven times as long: v, id, source, kind, name, …
    return Event(
        1,
        stamp.id,
        "browser",
        kind,
        name,
        stamp.at,
        stamp.received_at,
        stamp.connect_session_id,
        request_id,
        stamp.seq,
        institution_of(fields),
        None,  # http_status
        login_keys.hashed(fields.get("loginid")) if login_keys else None,
        stamp.app,
        stamp.environment,
        stamp.platform,
        stamp.release,
        attributes_of(name, fields),
    )


def _kind_and_name(fields: Fields) -> tuple[Literal["step", "code"], str]:
    """A message is a step or a code; if it is both, the code tells more, unless the step is the connection itself."""
    told, coded = fields.get("step"), fields.get("flinkscode")
    if coded is None and isinstance(told, str) and told in CATALOGUE:
        return "step", told  # as nearly all are
    step, code = flinks_name(told), flinks_name(coded)
    if step is not None and (code is None or _completes(step)):
        return "step", step
    if code is None:
        raise Unusable("wrong_type", "step or flinksCode: nothing like a name of Flinks")
    return "code", code


def _completes(name: str) -> bool:
    entry = CATALOGUE.get(name)
    return entry is not None and entry.completes


def _in_url(url: Any) -> Fields:
    """The ids in the address that the user is sent to, where older messages have them; the rest is dropped."""
    if not isinstance(url, str) or len(url) > _URL_CHARS:
        return {}
    query = url.partition("?")[2].replace("#", "&").replace("?", "&")
    try:
        fields = fields_of(dict(parse_qsl(query, max_num_fields=_URL_FIELDS)))
    except ValueError:
        return {}
    return {name: value for name, value in fields.items() if name in {"requestid", "loginid", "institution"}}
