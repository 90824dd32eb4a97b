"""Pieces of PromQL that several dashboards use."""

from typing import Final

CHOSEN: Final = 'app=~"$app", institution=~"$institution"'
"""The series of the apps and institutions that were chosen."""


def over_range(metric: str, labels: str = CHOSEN, by: str = "") -> str:
    """How many over the chosen time."""
    return f"sum{_by(by)}(increase({metric}{{{labels}}}[$__range]))"


def a_minute(metric: str, labels: str = CHOSEN, by: str = "") -> str:
    """How many a minute, over time."""
    return f"60 * {a_second(metric, labels, by)}"


def a_second(metric: str, labels: str = CHOSEN, by: str = "") -> str:
    """How many a second, over time."""
    return f"sum{_by(by)}(rate({metric}{{{labels}}}[$__rate_interval]))"


def share(part: str, whole: str) -> str:
    """Nothing where the whole is nothing."""
    return f"{part} / ({whole} > 0)"


def of_all(parts: str, whole: str) -> str:
    """Each of several parts as a share of one whole."""
    return f"{parts} / on () group_left () ({whole} > 0)"


def quantile(rank: float, metric: str, by: str = "", window: str = "$__rate_interval") -> str:
    """Of a histogram."""
    return (
        f"histogram_quantile({rank}, sum by ({', '.join(filter(None, ['le', by]))}) (rate({metric}_bucket[{window}])))"
    )


def conversion_over_range(labels: str = CHOSEN, by: str = "", metric: str = "flinks_visits_total") -> str:
    """The share of visits in which something was connected, over the chosen time."""
    return share(over_range(metric, f'{labels}, converted="true"', by), over_range(metric, labels, by))


def conversion(labels: str = CHOSEN, by: str = "", metric: str = "flinks_visits_total") -> str:
    """The share of visits in which something was connected, over time."""
    return share(a_second(metric, f'{labels}, converted="true"', by), a_second(metric, labels, by))


def _by(labels: str) -> str:
    return f" by ({labels}) " if labels else ""
