"""The settings of deploy/ over a real pipeline: what is scraped, what dashboards show, who is told when it breaks."""

import asyncio
import math
from collections.abc import Iterator

import pytest

from pipeline.alerts.notify.alertmanager import Alertmanager, told_after
from tests.alerts.made import alert, now
from tests.alerts.test_courier import until
from tests.cli.running import eventually, fetch
from tests.deploy.programs import asked, promtool, run
from tests.deploy.running import ROLES, Observed, observed
from tests.deploy.settings import dashboards, queries

NOT_HERE = {
    "flinks_alerts_firing": "the alerts agent does not run here",
    "flinks_heartbeat_age_seconds": "the alerts agent does not run here",
    "flinks_notifications_total": "the alerts agent does not run here",
    "flinks_collector_": "the collector does not run here",
}
"""Metrics whose panels are asked for, and need not answer."""

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


class TestPipeline:
    def test_every_target_is_up(self, pipeline: Observed) -> None:
        """Of the roles that run here."""

        def healthy() -> set[str]:
            targets = asked(pipeline.prometheus, "targets")["activeTargets"]
            return {target["labels"]["job"] for target in targets if target["health"] == "up"}

        eventually(lambda: healthy() == ROLES, "all targets are up")

    def test_metrics_are_well_made(self, pipeline: Observed) -> None:
        """As promtool judges names, units and help."""
        run(promtool(), "check", "metrics", stdin=fetch(pipeline.metrics)[1])

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
            empty = [panel for panel in empty if not any(map(math.isfinite, pipeline.ask(panel[2])))]
            return all(any(metric in expr for metric in NOT_HERE) for _, _, expr in empty)

        try:
            eventually(filled, "every panel shows something", within_s=40)
        except AssertionError:
            assert [panel for panel in empty if not any(metric in panel[2] for metric in NOT_HERE)] == []
            raise

    def test_every_variable_has_values(self, pipeline: Observed) -> None:
        """And incidents are asked for in words that Prometheus accepts."""
        for dashboard in dashboards().values():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] == "query":
                    metric, label = variable["query"].removeprefix("label_values(").removesuffix(")").split(", ")
                    assert asked(pipeline.prometheus, f"label/{label}/values", **{"match[]": metric})
            for annotation in dashboard["annotations"]["list"]:
                pipeline.ask(asked_for(annotation["expr"]))

    def test_whoever_is_on_call_is_told_that_the_workers_are_gone(self, pipeline: Observed) -> None:
        """Through health.yml and alertmanager.yml, to the receiver of pages; and not while they work."""
        assert pipeline.worker.poll() is None

        def told(job: str) -> bool:
            """Whether the latest word of the role is that it is down."""
            words = [
                status
                for receiver, labels, status in pipeline.told.alerts
                if (receiver, labels["alertname"], labels.get("job")) == ("page", "FlinksRoleDown", job)
            ]
            return words[-1:] == ["firing"]

        # The roles that do not run here are missed already: telling works.
        eventually(lambda: told("flinks-alerts") and not told("flinks-worker"), "all but the workers are missed")
        pipeline.worker.kill()
        eventually(lambda: told("flinks-worker"), "somebody is told")

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
            [pipeline.alertmanager], lambda: incidents, lambda _, tried: tries.append(tried), every_s=0.2
        )
        telling = asyncio.create_task(agent.run())
        await until(lambda: bool(told()) and len(tries) > 5)
        telling.cancel()
        await asyncio.wait([telling])
        assert set(tries) == {"sent"}
        assert told() == [("page", "firing")]
