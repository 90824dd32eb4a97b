"""Flinks institution: one of them, beside all others."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.frame import APP, ONE_INSTITUTION, Panels, fill, frame
from deploy.grafana.links import TO_CODE
from deploy.grafana.overview import CONNECT, FIRING
from deploy.grafana.panels import Column, Query, graph, number, rows
from deploy.grafana.promql import (
    CHOSEN,
    a_minute,
    a_second,
    conversion,
    conversion_over_range,
    of_all,
    over_range,
    share,
)

EVERYWHERE = 'app=~"$app"'
FAILURES = f'{CONNECT}, failure_class=~"institution|platform"'


def dashboard() -> Dashboard:
    return fill(
        frame("flinks-institution", "Flinks institution", "One institution beside all others.", APP, ONE_INSTITUTION),
        {"": _panels()},
    )


def _panels() -> Panels:
    return [
        number("Conversion", "Visits in which something was connected.", "percentunit", conversion_over_range()),
        number("Everywhere", "Conversion at all institutions.", "percentunit", conversion_over_range(EVERYWHERE)),
        number("Attempts", "In the chosen time.", "short", over_range("flinks_attempts_total")),
        number(
            "Failures not of users",
            "Sessions that failed for the institution's or Flinks' reasons, of all of Flinks Connect.",
            "percentunit",
            share(over_range("flinks_sessions_total", FAILURES), over_range("flinks_sessions_total", CONNECT)),
        ),
        number(
            "Success after retry",
            "Of the visits with more than one attempt, those in which something was connected.",
            "percentunit",
            conversion_over_range(metric="flinks_retried_visits_total"),
        ),
        number("Incidents", "That are firing now.", "none", FIRING, bad=1),
        graph(
            "Conversion, beside all others",
            "Low here and not elsewhere: it is the institution. Low everywhere: it is Flinks, or us.",
            "percentunit",
            Query(conversion(), "$institution"),
            Query(conversion(EVERYWHERE), "everywhere"),
        ),
        graph(
            "Conversion of each institution",
            "Over five minutes, of all apps.",
            "percentunit",
            Query("institution:flinks_visits_converted:ratio_rate5m", "{{institution}}"),
        ),
        graph(
            "Attempts and failures a minute",
            "Attempts as they happen, failures that are not the user's when their sessions are over.",
            "short",
            Query(a_minute("flinks_attempts_total"), "attempts"),
            Query(a_minute("flinks_sessions_total", FAILURES), "failures not of users"),
        ),
        graph(
            "Sessions a minute, by outcome",
            "Sessions of Flinks Connect, by how they ended.",
            "short",
            Query(a_minute("flinks_sessions_total", CONNECT, by="outcome"), "{{outcome}}"),
            stacked=True,
        ),
        graph(
            "Visits that met a code, to an attempt",
            "As it happens. A user who tries forty times in a minute is one visit and forty attempts.",
            "percentunit",
            Query(
                of_all(a_second("flinks_code_visits_total", by="code"), a_second("flinks_attempts_total")),
                "{{code}}",
            ),
        ),
        rows(
            "Codes",
            "Visits that met each. Click on a code for more.",
            "code",
            [Column("Visits", over_range("flinks_code_visits_total", CHOSEN, by="code"))],
            links=[TO_CODE],
            width=12,
        ),
    ]
