"""Flinks codes: what goes wrong, how often, and where."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.frame import APP, CODE, INSTITUTIONS, Panels, fill, frame
from deploy.grafana.links import TO_CODE, TO_INSTITUTION
from deploy.grafana.panels import Column, Query, graph, rows
from deploy.grafana.promql import CHOSEN, a_minute, a_second, of_all, over_range

METRIC = "flinks_code_visits_total"
CHOSEN_CODES = f'{CHOSEN}, code=~"$code"'


def dashboard() -> Dashboard:
    return fill(
        frame("flinks-codes", "Flinks codes", "What goes wrong, how often and where.", APP, INSTITUTIONS, CODE),
        {"": _panels()},
    )


def _panels() -> Panels:
    return [
        graph(
            "Visits a minute that met a code",
            "As it happens; a visit counts once a minute and code. `explain CODE` says what that means.",
            "short",
            Query(a_minute(METRIC, CHOSEN_CODES, by="code"), "{{code}}"),
            stacked=True,
            width=24,
        ),
        graph(
            "Visits that met a code, to an attempt",
            "A rise here is trouble; a rise that attempts rise with is only a busy hour.",
            "percentunit",
            Query(of_all(a_second(METRIC, CHOSEN_CODES, by="code"), a_second("flinks_attempts_total")), "{{code}}"),
        ),
        graph(
            "Where the chosen codes were met, visits a minute",
            "One institution: it is theirs. All of them: it is Flinks', or ours.",
            "short",
            Query(a_minute(METRIC, CHOSEN_CODES, by="institution"), "{{institution}}"),
            stacked=True,
        ),
        rows(
            "Codes",
            "Visits that met each over the chosen time.",
            "code",
            [Column("Visits", over_range(METRIC, CHOSEN, by="code"))],
            links=[TO_CODE],
            width=12,
        ),
        rows(
            "Institutions",
            "Visits that met the chosen codes over the chosen time, and attempts.",
            "institution",
            [
                Column("Visits", over_range(METRIC, CHOSEN_CODES, by="institution")),
                Column("Attempts", over_range("flinks_attempts_total", by="institution")),
            ],
            links=[TO_INSTITUTION],
            width=12,
        ),
    ]
