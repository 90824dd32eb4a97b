"""The events of a listener's request to records of the events topic, with a verdict on each."""

from typing import Any

import msgspec
from msgspec import UNSET

from pipeline.collector.batch import Batch, Told, wrong
from pipeline.collector.ids import made_up_id, release_of
from pipeline.collector.keys import App
from pipeline.collector.lenient import Broken
from pipeline.collector.skew import corrected
from pipeline.collector.verdict import Records, Verdict, accepted, ignored, rejected
from pipeline.flinks.event import Event, Unusable, write
from pipeline.flinks.login import LoginKeys
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Refused, Stamp
from pipeline.flinks.times import format_ms


def judge(
    batch: Batch, app: App, received_ms: int, behind_ms: int, login_keys: LoginKeys | None = None
) -> tuple[list[Verdict], Records]:
    """The verdicts in the order of the events, and the records of those that are accepted.

    A verdict says what will be true once the records are on the topic.

    Args:
        batch: what was sent.
        app: whose.
        received_ms: when, by our clock.
        behind_ms: how far the sender's clock is behind ours.
        login_keys: for the hash of loginIds.
    """
    verdicts: list[Verdict] = []
    records: Records = {}
    received_at, release, platform = format_ms(received_ms), release_of(batch.release), batch.platform or "web"
    visit = batch.connect_session_id
    visit_key = None if visit is None else visit.encode()
    for one in batch.events:
        try:
            told = one if type(one) is Told else _told(one)
            at = told.at
            if at is not None:
                at = _corrected(at, behind_ms, received_ms)
            require_id(told.id)
        except Unusable as verdict:
            verdicts.append(rejected(_id(one), verdict.reason, verdict.detail))
            continue
        # By position, which is quicker: id, received_at, at, seq, connect_session_id, app, environment, platform, …
        stamp = Stamp(told.id, received_at, at, told.seq, visit, app.name, app.environment, platform, release)
        event = read_message(told.data, stamp, login_keys)
        if type(event) is Event:
            verdicts.append(accepted(told.id))
            records.setdefault(visit_key or str(event.request_id).encode(), []).append(write(event))
        elif isinstance(event, Refused):
            verdicts.append(rejected(told.id, event.reason, event.detail))
        elif told.data is UNSET:
            verdicts.append(rejected(told.id, "missing_field", "data is missing"))
        else:
            verdicts.append(ignored(told.id))
    return verdicts, records


def require_id(id_: str) -> None:
    """Raises Unusable."""
    if made_up_id(id_) is None:
        raise Unusable("wrong_type", "id should be up to 64 of A-Z a-z 0-9 . _ -, and no long number")


def _told(one: Any) -> Told:
    if isinstance(one, Broken):
        raise Unusable("not_json", "half a character (a lone surrogate), too large a number, or nested too deeply")
    try:
        told = msgspec.convert(one, Told)
    except msgspec.ValidationError as error:
        missing = isinstance(one, dict) and "id" not in one
        raise Unusable("missing_field" if missing else "wrong_type", wrong(error)) from None
    return told


def _corrected(at: str, behind_ms: int, received_ms: int) -> str:
    try:
        return corrected(at, behind_ms, received_ms)
    except ValueError as error:
        raise Unusable("wrong_type", f"at: {error}") from None


def _id(one: Any) -> str | None:
    told = one.get("id") if isinstance(one, dict) else getattr(one, "id", None)
    return made_up_id(told)
