"""Flinks funnel: how far users come, where they leave, and how long it takes them."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.frame import INSTITUTIONS, Panels, fill, frame
from deploy.grafana.panels import THIRD, Query, bars, graph
from deploy.grafana.promql import a_second, of_all, over_range, share
from pipeline.flinks.catalogue import STAGES

SESSIONS: Final = "flinks_stage_sessions_total"
SECONDS: Final = "flinks_stage_seconds_total"
CHOSEN: Final = 'institution=~"$institution"'

STEPS: Final = (
    ("mounted", "institutions"),
    ("institutions", "institution"),
    ("institution", "credentials"),
    ("credentials", "submitted"),
    ("mfa", "mfa_submitted"),
    ("accounts", "account_selected"),
    ("submitted", "connected"),
)
"""From a stage to one that whoever goes on reaches too; not all are asked for a second factor or to choose accounts."""


def dashboard() -> Dashboard:
    return fill(
        frame(
            "flinks-funnel",
            "Flinks funnel",
            "How far users come. Of an institution only those are seen who have chosen it; who leaves before is at "
            "institution `unknown`.",
            INSTITUTIONS,
        ),
        {"": _panels()},
    )


def _panels() -> Panels:
    return [
        bars(
            "Sessions that reached a stage",
            "Over the chosen time, of all apps. Consent, a second factor and accounts are not asked of everybody.",
            "short",
            *(Query(reached(stage), stage) for stage in STAGES),
            width=THIRD,
            height=14,
        ),
        bars(
            "Drop-off",
            "Of those who reached a stage, the share that did not come to the other.",
            "percentunit",
            *(
                Query(f"clamp_min(1 - {share(reached(to), reached(begin))}, 0)", f"{begin} to {to}")
                for begin, to in STEPS
            ),
            width=THIRD,
            height=14,
        ),
        bars(
            "Mean time to a stage",
            "From the session's start, of those who reached it.",
            "s",
            *(
                Query(share(over_range(SECONDS, at(stage)), over_range(SESSIONS, at(stage))), stage)
                for stage in STAGES[1:]
            ),
            width=THIRD,
            height=14,
        ),
        graph(
            "Share that reached a stage",
            "Of those for whom Flinks Connect was shown.",
            "percentunit",
            Query(
                of_all(
                    a_second(SESSIONS, f'{CHOSEN}, stage=~"institution|submitted|mfa_submitted|connected"', by="stage"),
                    a_second(SESSIONS, at("mounted")),
                ),
                "{{stage}}",
            ),
        ),
        graph(
            "Mean time to a stage",
            "When a stage takes longer, and those after it with it, that is where users wait.",
            "s",
            Query(share(a_second(SECONDS, CHOSEN, by="stage"), a_second(SESSIONS, CHOSEN, by="stage")), "{{stage}}"),
        ),
    ]


def at(stage: str) -> str:
    return f'{CHOSEN}, stage="{stage}"'


def reached(stage: str) -> str:
    return over_range(SESSIONS, at(stage))
