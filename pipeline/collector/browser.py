"""The events of a listener's request to records of the events topic, with a verdict on each."""

from typing import Any

from pipeline.collector.batch import Batch
from pipeline.collector.ids import made_up_id
from pipeline.collector.keys import App
from pipeline.collector.skew import corrected
from pipeline.collector.verdict import Records, Verdict, accepted, ignored, rejected
from pipeline.flinks.event import Unusable, write
from pipeline.flinks.login import LoginKeys
from pipeline.flinks.message import read_message
from pipeline.flinks.raw import Ignored, Refused, Stamp
from pipeline.flinks.times import format_ms

_SEQ_END = 2**53


def judge(
    batch: Batch, app: App, received_ms: int, login_keys: LoginKeys | None = None
) -> tuple[list[Verdict], Records]:
    """The verdicts in the order of the events, and the records of those that are accepted.

    A verdict says what will be true once the records are on the topic.
    """
    verdicts: list[Verdict] = []
    records: Records = []
    received_at = format_ms(received_ms)
    visit = batch.connect_session_id
    visit_key = None if visit is None else visit.encode()
    for told in batch.events:
        id_ = None
        try:
            id_, at, seq, data = _parts(told, batch.behind_ms, received_ms)
            stamp = Stamp(
                id=id_,
                received_at=received_at,
                at=at,
                seq=seq,
                connect_session_id=visit,
                app=app.name,
                environment=app.environment,
                platform=batch.platform,
                release=batch.release,
            )
            event = read_message(data, stamp, login_keys)
        except Unusable as verdict:
            verdicts.append(rejected(id_ or _id(told), verdict.reason, verdict.detail))
            continue
        if isinstance(event, Ignored):
            verdicts.append(ignored(id_))
        elif isinstance(event, Refused):
            verdicts.append(rejected(id_, event.reason, event.detail))
        else:
            verdicts.append(accepted(id_))
            records.append((visit_key or str(event.request_id).encode(), write(event)))
    return verdicts, records


def _parts(told: Any, behind_ms: int, received_ms: int) -> tuple[str, str | None, int | None, Any]:
    """Id, corrected time, sequence number and message of one event; raises Unusable."""
    if not isinstance(told, dict):
        raise Unusable("wrong_type", "the event is not a JSON object")
    id_, at, seq = told.get("id"), told.get("at"), told.get("seq")
    if id_ is None:
        raise Unusable("missing_field", "id is missing")
    if made_up_id(id_) is None:
        raise Unusable("wrong_type", "id should be up to 64 of A-Z a-z 0-9 . _ -, and no long number")
    if seq is not None and (type(seq) is not int or not 0 <= seq < _SEQ_END):
        raise Unusable("wrong_type", "seq should be a whole number from 0 on")
    if at is not None:
        if not isinstance(at, str):
            raise Unusable("wrong_type", "at should be an RFC 3339 time")
        try:
            at = corrected(at, behind_ms, received_ms)
        except ValueError as error:
            raise Unusable("wrong_type", f"at: {error}") from None
    if "data" not in told:
        raise Unusable("missing_field", "data is missing")
    return id_, at, seq, told["data"]


def _id(told: Any) -> str | None:
    return made_up_id(told.get("id")) if isinstance(told, dict) else None
