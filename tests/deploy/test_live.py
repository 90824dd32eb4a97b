"""The settings of deploy/ over a real pipeline: what is scraped, what dashboards show, who is told when it breaks."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest

from pipeline.alerts.notify.alertmanager import Alertmanager, told_after
from tests.alerts.made import alert, now
from tests.alerts.test_alertmanager import clock
from tests.alerts.test_courier import until
from tests.cli.running import eventually, fetch
from tests.deploy.programs import asked, promtool, run
from tests.deploy.running import Observed, observed
from tests.deploy.settings import dashboards, queries
from tests.metrics.test_metrics import listed_metrics

Labels = tuple[str, ...]
CHOSEN = {
    "$__rate_interval": "10s",
    "$__range": "1m",
    "$app": ".*",
    "$institution": ".*",
    "$code": ".*",
}


@pytest.fixture(scope="module")
def pipeline(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """One for all of these tests; the last of them kills it."""
    with observed(kafka, tmp_path_factory.mktemp("observed")) as running:
        yield running


def asked_for(query: str) -> str:
    """With values for its variables."""
    for variable, value in CHOSEN.items():
        query = query.replace(variable, value)
    return query


def _by_topics(pipeline: Observed) -> "Counter[Labels]":
    """What was told of once each, by metric and labels; the sandbox is in no metric."""
    sessions, visits = (
        [row for row in pipeline.topic(name) if row["revision"] == 1 and row["institution"] != "FlinksCapital"]
        for name in ("sessions", "visits")
    )
    found = Counter[Labels](("sessions", row["institution"] or "unknown", row["outcome"]) for row in sessions)
    found.update(("visits", str(row["converted"]).lower(), row["institution"] or "unknown") for row in visits)
    for row in pipeline.topic("counts"):
        if row["minute"]:
            found[("attempts", row["institution"])] += row["attempts"]
    return +found


def _by_prometheus(pipeline: Observed) -> "Counter[Labels]":
    found = Counter[Labels]()
    for name, labels in (
        ("sessions", "institution, outcome"),
        ("visits", "converted, institution"),
        ("attempts", "institution"),
    ):
        for values, number in pipeline.ask_by(f"sum by ({labels}) (flinks_{name}_total)").items():
            found[(name, *values)] = int(number)
    return +found


class TestPipeline:
    def test_every_target_is_up(self, pipeline: Observed) -> None:
        """Of every role."""

        def healthy() -> list[str]:
            targets = asked(pipeline.prometheus, "targets")["activeTargets"]
            return sorted(target["labels"]["job"] for target in targets if target["health"] == "up")

        wanted = sorted(f"flinks-{role}" for role in pipeline.processes)
        eventually(lambda: healthy() == wanted, "all targets are up")

    def test_metrics_are_well_made(self, pipeline: Observed) -> None:
        """As promtool judges names, units and help."""
        for url in pipeline.metrics.values():
            run(promtool(), "check", "metrics", stdin=fetch(url)[1])

    def test_metrics_are_those_that_readme_lists(self, pipeline: Observed) -> None:
        """Of all roles together, no more and no less."""
        told = "".join(fetch(url)[1] for url in pipeline.metrics.values())
        assert set(re.findall(r"^# TYPE (flinks_\w+) ", told, re.MULTILINE)) == set(listed_metrics())

    def test_every_panel_shows_something(self, pipeline: Observed) -> None:
        """Its query is accepted, and answered with at least one number."""
        panels = [
            (uid, title, asked_for(expr))
            for uid, dashboard in dashboards().items()
            for title, expr in queries(dashboard)
        ]
        empty = panels

        def filled() -> bool:
            nonlocal empty
            pipeline.send()
            empty = [panel for panel in empty if not any(map(math.isfinite, pipeline.ask(panel[2])))]
            return not empty

        with suppress(AssertionError):
            eventually(filled, "every panel shows something", within_s=150)
        assert empty == []

    def test_every_variable_has_values(self, pipeline: Observed) -> None:
        """And incidents are asked for in words that Prometheus accepts."""
        for dashboard in dashboards().values():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] == "query":
                    metric, label = variable["query"].removeprefix("label_values(").removesuffix(")").split(", ")
                    assert asked(pipeline.prometheus, f"label/{label}/values", **{"match[]": metric})
            for annotation in dashboard["annotations"]["list"]:
                pipeline.ask(asked_for(annotation["expr"]))

    def test_an_outage_reaches_whoever_is_on_call(self, pipeline: Observed) -> None:
        """From made-up users through worker, agent and Alertmanager, once, and as the topic has it."""

        def told() -> list[tuple[str, str, str]]:
            return [
                (receiver, labels["incident"], status)
                for receiver, labels, status in pipeline.told.alerts
                if labels.get("institution") == "RBC"
            ]

        eventually(told, "an outage is told of", within_s=240)
        ((receiver, incident, status),) = told()
        # Chance may have made a ticket of another bank before.
        first = next(alert for alert in pipeline.topic("alerts") if alert["institution"] == "RBC")
        assert (receiver, status) == ("page", "firing")
        assert (first["id"], first["institution"], first["severity"]) == (incident, "RBC", "page")
        assert "RETRY_LATER" in first["codes"]

    def test_prometheus_equals_the_topics(self, pipeline: Observed) -> None:
        """It has all that they had, and what it has they have: sessions and visits once each, and attempts."""
        pipeline.leave()
        had, seen = _by_topics(pipeline), Counter[Labels]()

        def caught_up() -> bool:
            nonlocal seen
            seen = _by_prometheus(pipeline)
            return had <= seen

        eventually(caught_up, "Prometheus has what the topics had")
        assert seen <= _by_topics(pipeline)

    def test_whoever_is_on_call_is_told_that_the_workers_are_gone(self, pipeline: Observed) -> None:
        """Through health.yml and alertmanager.yml, to the receiver of pages; and not while they work."""
        assert pipeline.processes["worker"].poll() is None

        def gone() -> set[str]:
            """Of which roles the latest word is that they are down."""
            latest = {
                labels["job"]: status
                for receiver, labels, status in pipeline.told.alerts
                if (receiver, labels["alertname"]) == ("page", "FlinksRoleDown")
            }
            return {job for job, status in latest.items() if status == "firing"}

        eventually(lambda: not gone(), "nobody is missed")
        pipeline.processes["worker"].kill()
        eventually(lambda: gone() == {"flinks-worker"}, "somebody is told")

    async def test_an_incident_is_told_of_by_the_agent_alone(self, pipeline: Observed) -> None:
        """However often it says so: to one receiver, once."""
        incidents = told_after([], alert(id="incident-7", started_at=now(), updated_at=now()))
        tries: list[str] = []

        def told() -> list[tuple[str, str]]:
            return [
                (receiver, status)
                for receiver, labels, status in pipeline.told.alerts
                if labels.get("incident") == "incident-7"
            ]

        agent = Alertmanager(
            [pipeline.alertmanager], lambda: incidents, lambda _, tried: tries.append(tried), clock, every_s=0.2
        )
        telling = asyncio.create_task(agent.run())
        await until(lambda: bool(told()) and len(tries) > 5)
        telling.cancel()
        await asyncio.wait([telling])
        assert set(tries) == {"sent"}
        assert told() == [("page", "firing")]
