"""Of Flinks pipeline: the collector, the alerts agent, and what every process needs."""

from deploy.grafana.frame import JOBS, Panels
from deploy.grafana.panels import THIRD, Query, graph
from deploy.grafana.promql import a_second, quantile


def doors() -> Panels:
    """What comes in from browsers, and what goes out to people."""
    return [
        graph(
            "Requests a second",
            "By the collector's answer.",
            "short",
            Query(a_second("flinks_collector_requests_total", "", by="endpoint, status"), "{{endpoint}} {{status}}"),
            stacked=True,
            width=THIRD,
        ),
        graph(
            "Refused a second",
            "unavailable and internal are our fault, the rest is the sender's.",
            "short",
            Query("sum by (reason) (job_reason:flinks_collector_refused:rate5m)", "{{reason}}"),
            stacked=True,
            width=THIRD,
        ),
        graph(
            "Requests take",
            "Until their events are on the topic.",
            "s",
            Query(quantile(0.5, "flinks_collector_request_seconds"), "half take less"),
            Query(quantile(0.95, "flinks_collector_request_seconds"), "19 of 20 take less"),
            width=THIRD,
        ),
        graph(
            "Waiting for Kafka",
            "Bytes that the collector has taken and Kafka has not.",
            "bytes",
            Query("sum by (instance) (flinks_collector_waiting_bytes)", "{{instance}}"),
            width=THIRD,
        ),
        graph(
            "Heartbeat",
            "How old the latest sign of life is that has come all the way to the alerts agent.",
            "s",
            Query("min(flinks_heartbeat_age_seconds)", "age"),
            width=THIRD,
        ),
        graph(
            "Notifications",
            "Sent, tries that failed, and what was given up.",
            "short",
            Query(
                "sum by (receiver, outcome) (increase(flinks_notifications_total[$__rate_interval]))",
                "{{receiver}} {{outcome}}",
            ),
            width=THIRD,
        ),
    ]


def processes() -> Panels:
    """Of all roles."""
    return [
        graph(
            "CPU",
            "Seconds a second: 1 is a whole core.",
            "short",
            Query(f"rate(process_cpu_seconds_total{{{JOBS}}}[$__rate_interval])", "{{job}} {{instance}}"),
            width=THIRD,
        ),
        graph(
            "Memory",
            "Resident.",
            "bytes",
            Query(f"process_resident_memory_bytes{{{JOBS}}}", "{{job}} {{instance}}"),
            width=THIRD,
        ),
        graph(
            "Versions",
            "Processes of each.",
            "none",
            Query("count by (version) (flinks_build_info)", "{{version}}"),
            stacked=True,
            width=THIRD,
        ),
    ]
