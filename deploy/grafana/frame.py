"""What all dashboards have in common: variables, links among each other, and incidents marked in every graph."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationQuery,
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Panel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

Panels = Iterable[Builder[Panel]]

TAG: Final = "flinks"
JOBS: Final = 'job=~"flinks-.+"'
"""Our processes, as deploy/prometheus/prometheus.yml names them."""
PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
INCIDENTS: Final = 'flinks_alerts_firing{institution=~"($institution)|[*]"} > 0'
ALL_INCIDENTS: Final = "flinks_alerts_firing > 0"
_ALL: Final = VariableOption(selected=True, text="All", value="$__all")


class Choice(NamedTuple):
    """A variable that is chosen among a label's values."""

    name: str
    metric: str
    several: bool = True
    """Any number of them, and all to begin with."""


APP: Final = Choice("app", "flinks_attempts_total")
INSTITUTIONS: Final = Choice("institution", "flinks_stage_sessions_total")
ONE_INSTITUTION: Final = Choice("institution", "flinks_stage_sessions_total", several=False)
CODE: Final = Choice("code", "flinks_code_visits_total")


def frame(uid: str, title: str, description: str, *choices: Choice) -> Dashboard:
    """A dashboard to which panels can be added."""
    made = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .time("now-3h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").type("prometheus").label("Prometheus"))
        .link(
            DashboardLink("Flinks")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .include_vars(include_vars=True)
            .keep_time(keep_time=True)
        )
    )
    for choice in choices:
        made.with_variable(_variable(choice))
    chooses_institution = any(choice.name == "institution" for choice in choices)
    mark(made, _incidents(INCIDENTS if chooses_institution else ALL_INCIDENTS))
    return made


def mark(made: Dashboard, marks: "Marks") -> Dashboard:
    """Add marks to the graphs of a dashboard."""
    kept = made.build().annotations
    kept.list_val = [*(kept.list_val or ()), marks]
    return made


def fill(made: Dashboard, rows: Mapping[str, Panels]) -> Dashboard:
    """Add panels under the titles of their rows; those under "" come without one."""
    for title, panels in rows.items():
        if title:
            made.with_row(Row(title))
        for panel in panels:
            made.with_panel(panel)
    return made


def _variable(choice: Choice) -> QueryVariable:
    made = (
        QueryVariable(choice.name)
        .label(choice.name.capitalize())
        .datasource(PROMETHEUS)
        .query(f"label_values({choice.metric}, {choice.name})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )
    if choice.several:
        made.multi(multi=True).include_all(include_all=True).all_value(".*").current(_ALL)
    return made


class Marks(AnnotationQuery):
    """Marks a time in every graph; the texts are fields that Grafana's types do not tell of."""

    def __init__(self, name: str, colour: str, expr: str, *, title: str, text: str) -> None:
        super().__init__(name=name, datasource=PROMETHEUS, enable=True, icon_color=colour, expr=expr)
        self._texts = {"step": "30s", "titleFormat": title, "textFormat": text, "tagKeys": "severity"}

    def to_json(self) -> dict[str, object]:
        return super().to_json() | self._texts


def _incidents(expr: str) -> Marks:
    return Marks("Incidents", "red", expr, title="{{kind}} at {{institution}}", text="{{code}} ({{severity}})")


def health_alerts() -> Marks:
    """Those of deploy/prometheus/health.yml."""
    expr = 'ALERTS{alertname=~"Flinks.+", alertstate="firing"}'
    return Marks("Health alerts", "orange", expr, title="{{alertname}}", text="{{job}} {{instance}} {{partition}}")
