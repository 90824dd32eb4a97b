"""Flinks overview: how many come, how many connect, and why the others do not."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.frame import APP, INSTITUTIONS, Panels, fill, frame
from deploy.grafana.links import TO_FUNNEL, TO_INSTITUTION
from deploy.grafana.panels import Column, Query, graph, number, rows
from deploy.grafana.promql import (
    CHOSEN,
    a_minute,
    conversion,
    conversion_over_range,
    over_range,
    quantile,
)

CONNECT = f'{CHOSEN}, kind="connect"'
FIRING = (
    'sum(max without (instance) (flinks_alerts_firing{institution=~"($institution)|[*]"}))'
    ' or 0 * max(up{job="flinks-alerts"} == 1)'
)
"""Nothing, and not 0, while nobody looks."""


def dashboard() -> Dashboard:
    return fill(
        frame("flinks-overview", "Flinks overview", "How many come, how many connect, and why not.", APP, INSTITUTIONS),
        {"": _panels()},
    )


def _panels() -> Panels:
    return [
        number("Conversion", "Visits in which something was connected.", "percentunit", conversion_over_range()),
        number("Visits", "That have ended.", "short", over_range("flinks_visits_total")),
        number(
            "Attempts",
            "Credentials submitted, or an institution's own login opened.",
            "short",
            over_range("flinks_attempts_total"),
        ),
        number(
            "Success after retry",
            "Of the visits with more than one attempt, those in which something was connected.",
            "percentunit",
            conversion_over_range(metric="flinks_retried_visits_total"),
        ),
        number(
            "Time to connect",
            "Median from a session's start to its end, of the completed, at all institutions and in all apps.",
            "s",
            quantile(0.5, "flinks_time_to_connect_seconds", window="$__range"),
        ),
        number("Incidents", "That are firing now.", "none", FIRING, bad=1),
        graph(
            "Conversion",
            "Visits in which something was connected. A visit is told when it is over: minutes late.",
            "percentunit",
            Query(conversion(), "all of the chosen"),
            Query(conversion(by="app"), "{{app}}"),
        ),
        graph(
            "Attempts a minute",
            "As they happen.",
            "short",
            Query(a_minute("flinks_attempts_total", by="institution"), "{{institution}}"),
            stacked=True,
        ),
        graph(
            "Sessions a minute, by outcome",
            "Sessions of Flinks Connect, by how they ended.",
            "short",
            Query(a_minute("flinks_sessions_total", CONNECT, by="outcome"), "{{outcome}}"),
            stacked=True,
        ),
        graph(
            "Failures a minute, by whose they are",
            "The user's (wrong password), the institution's (not available), Flinks' platform, our integration, "
            "or what expired.",
            "short",
            Query(
                a_minute("flinks_sessions_total", f'{CONNECT}, failure_class!="none"', by="failure_class"),
                "{{failure_class}}",
            ),
            stacked=True,
        ),
        rows(
            "Institutions",
            "Over the chosen time. Click on a name for more.",
            "institution",
            [
                Column("Visits", over_range("flinks_visits_total", by="institution")),
                Column("Attempts", over_range("flinks_attempts_total", by="institution")),
                Column("Conversion", conversion_over_range(by="institution"), "percentunit"),
                Column(
                    "After retry",
                    conversion_over_range(by="institution", metric="flinks_retried_visits_total"),
                    "percentunit",
                ),
            ],
            links=[TO_INSTITUTION, TO_FUNNEL],
        ),
        graph(
            "Time to connect",
            "From a session's start to its end, of the completed, at all institutions and in all apps.",
            "s",
            Query(quantile(0.5, "flinks_time_to_connect_seconds"), "half take less"),
            Query(quantile(0.9, "flinks_time_to_connect_seconds"), "nine in ten take less"),
        ),
        graph(
            "Data requests a minute, by outcome",
            "What the backend asks of Flinks once an account is connected.",
            "short",
            Query(a_minute("flinks_sessions_total", f'{CHOSEN}, kind="data"', by="outcome"), "{{outcome}}"),
            stacked=True,
        ),
    ]
