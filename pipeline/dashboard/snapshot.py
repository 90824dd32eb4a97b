"""What the page shows, section by section, ready for JSON."""

from itertools import islice
from typing import Any, Final

from pipeline.dashboard.alerts import Alert
from pipeline.dashboard.banks import banks
from pipeline.dashboard.figures import figures
from pipeline.dashboard.minutes import MINUTE_MS, Filter, Minutes, total
from pipeline.dashboard.model import SHOWN_MINUTES, Model, filters
from pipeline.dashboard.people import met
from pipeline.dashboard.results import Session
from pipeline.dashboard.words import about, advice, bank_of, class_of, code_of, tell, title, whose
from pipeline.flinks.catalogue import STAGES
from pipeline.flinks.times import parse_ms

OPEN_SHOWN: Final = 10
OVER_SHOWN: Final = 5
OVER_SHOWN_MS: Final = 6 * 60 * MINUTE_MS
LATEST_SHOWN: Final = 20
CODES_SHOWN: Final = 10

Section = dict[str, Any] | list[Any]


def snapshot(model: Model, where: Filter, now_ms: int) -> dict[str, Section]:
    """Every section but the pipeline's health."""
    found = figures(model, where, now_ms)
    results = model.results.under(where)
    return {
        "incidents": incidents(model, now_ms),
        "now": found.whole(),
        "banks": banks(found),
        "sessions": outcomes(results, now_ms),
        "latest": latest(model, where),
        "filters": filters(model),
    }


def incidents(model: Model, now_ms: int) -> dict[str, Any]:
    """Those that go on with their story, those that are over in short."""
    going_on = model.incidents.open()
    minutes = model.counts.under(Filter())
    over = [alert for alert in model.incidents.resolved() if _ended_ms(alert) > now_ms - OVER_SHOWN_MS]
    return {
        "open": [story(alert, met(minutes, alert, now_ms)) for alert in going_on[:OPEN_SHOWN]],
        "more": max(0, len(going_on) - OPEN_SHOWN),
        "over": [story(alert, met(minutes, alert, now_ms)) for alert in over[:OVER_SHOWN]],
    }


def story(alert: Alert, people: int | None) -> dict[str, Any]:
    """What, since when, how many people, which code, what to do, what to tell users."""
    bank = bank_of(alert)
    code = code_of(alert)
    return {
        "id": alert.id,
        "kind": alert.kind,
        "state": alert.state,
        "severity": alert.severity,
        "title": title(alert),
        "bank": bank,
        "banks": alert.institutions,
        "code": code,
        "codes": alert.codes,
        "class": code and class_of(code),
        "about": code and about(code),
        "whose": code and whose(code),
        "started_ms": parse_ms(alert.started_at),
        "updated_ms": parse_ms(alert.updated_at or alert.started_at),
        "ended_ms": None if alert.is_open else _ended_ms(alert),
        "people": people,
        "observed": alert.observed,
        "expected": alert.expected,
        "unit": alert.unit,
        "summary": alert.summary,
        "action": alert.action or (code and advice(code)),
        "tell": tell(code, bank, alert.kind),
        "runbook_url": alert.runbook_url if (alert.runbook_url or "").startswith(("https://", "http://")) else None,
        "samples": alert.sample_request_ids[:5],
    }


def _ended_ms(alert: Alert) -> int:
    return parse_ms(alert.ended_at or alert.updated_at or alert.started_at)


def outcomes(results: Minutes, now_ms: int) -> dict[str, Any]:
    """Sessions that began in the last hour and are over: outcomes, codes, and the funnel of the connect sessions."""
    last = now_ms // MINUTE_MS
    sums: dict[str, int] = {}
    for each in total(results, last - SHOWN_MINUTES + 1, last).values():
        for name, number in each.items():
            sums[name] = sums.get(name, 0) + number
    codes = sorted(_named(sums, "code:").items(), key=lambda item: (-item[1], item[0]))
    return {
        "from_ms": (last - SHOWN_MINUTES + 1) * MINUTE_MS,
        "sessions": sums.get("sessions", 0),
        "outcomes": _named(sums, "outcome:"),
        "data": _named(sums, "data:"),
        "codes": [{"code": code, "sessions": number, "about": about(code)} for code, number in codes[:CODES_SHOWN]],
        "funnel": _funnel(_named(sums, "furthest:")),
    }


def _funnel(furthest: dict[str, int]) -> list[dict[str, Any]]:
    """Of each stage how many sessions came to it or further, and for how many it was the last."""
    return [
        {
            "stage": stage,
            "sessions": sum(furthest.get(later, 0) for later in STAGES[place:]),
            "last": furthest.get(stage, 0),
        }
        for place, stage in enumerate(STAGES)
    ]


def _named(sums: dict[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): number for name, number in sums.items() if number and name.startswith(prefix)}


def latest(model: Model, where: Filter) -> list[dict[str, Any]]:
    """The newest results, one a session."""
    taken = (
        session
        for session in reversed(model.latest.values())
        if (place := model.places.of(session)) is not None and where.takes(place)
    )
    return [_short(session) for session in islice(taken, LATEST_SHOWN)]


def _short(session: Session) -> dict[str, Any]:
    return {
        "id": session.session_id,
        "request_id": session.request_id,
        "kind": session.kind,
        "ended_ms": parse_ms(session.ended_at),
        "seconds": round((parse_ms(session.ended_at) - parse_ms(session.started_at)) / 1000),
        "bank": session.institution,
        "outcome": session.outcome,
        "code": session.failure_code,
        "stage": session.furthest_stage,
        "platform": session.platform,
        "release": session.release,
    }
