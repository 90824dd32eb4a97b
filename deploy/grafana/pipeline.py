"""Flinks pipeline: whether the pipeline itself is well."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.frame import JOBS, Panels, fill, frame, health_alerts, mark
from deploy.grafana.panels import number
from deploy.grafana.pipeline_roles import doors, processes
from deploy.grafana.pipeline_worker import engine, events


def dashboard() -> Dashboard:
    return fill(
        mark(frame("flinks-pipeline", "Flinks pipeline", "Whether the pipeline itself is well."), health_alerts()),
        {"": _now(), "Events": events(), "Engine": engine(), "Collector and alerts": doors(), "Processes": processes()},
    )


def _now() -> Panels:
    return [
        number("Processes that answer", "Of all roles.", "none", f"sum(up{{{JOBS}}})"),
        number(
            "Health alerts",
            "That are firing now.",
            "none",
            'count(ALERTS{alertname=~"Flinks.+", alertstate="firing"}) or vector(0)',
            bad=1,
        ),
        number(
            "Lag",
            "Records that are not in a committed checkpoint.",
            "short",
            "sum(job:flinks_consumer_lag_records:sum)",
        ),
        number(
            "Oldest watermark", "About a minute when all is well.", "s", "max(flinks_watermark_age_seconds)", bad=300
        ),
        number("Heartbeat", "Under two minutes when all is well.", "s", "min(flinks_heartbeat_age_seconds)", bad=150),
        number("Open visits", "That have told nothing yet.", "short", "sum(flinks_sessions_open)"),
    ]
