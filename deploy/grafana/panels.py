"""Kinds of panels, all in one style."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Final, Literal, NamedTuple

from grafana_foundation_sdk.builders import bargauge, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BarGaugeValueMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue, Threshold, ThresholdsMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.frame import PROMETHEUS

Unit = Literal["short", "percentunit", "s", "bytes", "none"]
HALF: Final = 12
"""Of the 24 columns."""
THIRD: Final = 8
STEP: Final = "1m"
"""Of a graph, at least, and so of what $__rate_interval looks at: shares of a few visits would only jump about."""


class Query(NamedTuple):
    expr: str
    legend: str = ""
    """With {{label}} for a label's value."""


class Column(NamedTuple):
    """Of a table: a query with one value for each row."""

    title: str
    expr: str
    unit: Unit = "short"


def graph(
    title: str, about: str, unit: Unit, *queries: Query, stacked: bool = False, width: int = HALF
) -> timeseries.Panel:
    """How something went over time; a share's axis begins at 0 and ends at 1."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .span(width)
        .height(8)
        .interval(STEP)
        .unit(unit)
        .min(0)
        .fill_opacity(40 if stacked else 8)
        .line_width(1)
        .show_points(VisibilityMode.NEVER)
        .legend(
            VizLegendOptions()
            .show_legend(show_legend=True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .calcs([])
        )
        .tooltip(
            VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING).hide_zeros(hide_zeros=True)
        )
    )
    if stacked:
        panel.stacking(StackingConfig().mode(StackingMode.NORMAL).group("A"))
    for ref, query in zip(ascii_uppercase, queries, strict=False):
        panel.with_target(_target(ref, query).range())
    return panel


def number(title: str, about: str, unit: Unit, expr: str, *, bad: float | None = None) -> stat.Panel:
    """One number over the chosen time, or as it is now; red from `bad` on."""
    return (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .span(4)
        .height(4)
        .unit(unit)
        .thresholds(_red_from(bad))
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(_last())
        .with_target(_target("A", Query(expr)).instant())
    )


def bars(title: str, about: str, unit: Unit, *queries: Query, width: int = HALF, height: int = 10) -> bargauge.Panel:
    """A bar for each query, in their order: for what has an order of its own."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .span(width)
        .height(height)
        .unit(unit)
        .min(0)
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .thresholds(_red_from(None))
        .value_mode(BarGaugeValueMode.TEXT)
        .reduce_options(_last())
    )
    for ref, query in zip(ascii_uppercase, queries, strict=False):
        panel.with_target(_target(ref, query).instant())
    return panel


def rows(
    title: str,
    about: str,
    label: str,
    columns: Sequence[Column],
    *,
    links: Sequence[tuple[str, str]] = (),
    width: int = 24,
) -> table.Panel:
    """A table with a row for each value of a label, the most of the first column on top.

    Args:
        title: Of the panel.
        about: What it tells.
        label: That all columns have in common.
        columns: Beside it.
        links: Titles and URLs to follow from the label's value.
        width: Of 24.

    """
    names = {f"Value #{ref}": column.title for ref, column in zip(ascii_uppercase, columns, strict=False)}
    if len(columns) == 1:  # Grafana leaves the query's letter away where there is one query only
        names = {"Value": columns[0].title}
    panel = (
        table.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .span(width)
        .height(9)
        .with_transformation(DataTransformerConfig("merge", options={}))
        .with_transformation(
            DataTransformerConfig("organize", options={"excludeByName": {"Time": True}, "renameByName": names})
        )
        .with_transformation(
            DataTransformerConfig("sortBy", options={"sort": [{"field": columns[0].title, "desc": True}]})
        )
    )
    for ref, column in zip(ascii_uppercase, columns, strict=False):
        panel.with_target(_target(ref, Query(column.expr)).instant().format(PromQueryFormat.TABLE))
        panel.override_by_name(column.title, [DynamicConfigValue("unit", column.unit)])
    if links:
        told = [{"title": name, "url": url} for name, url in links]
        panel.override_by_name(label, [DynamicConfigValue("links", told)])
    return panel


def _target(ref: str, query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).datasource(PROMETHEUS).expr(query.expr).legend_format(query.legend)


def _red_from(bad: float | None) -> ThresholdsConfig:
    """Without any Grafana would paint all that is over 80 red."""
    steps = [Threshold(None, "green" if bad is not None else "blue")]
    if bad is not None:
        steps.append(Threshold(bad, "red"))
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _last() -> ReduceDataOptions:
    return ReduceDataOptions().calcs(["lastNotNull"])
