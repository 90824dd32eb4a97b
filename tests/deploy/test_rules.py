"""Rules and routes: each fires when it should, is silent when it should, and leads to what to do."""

import re
from typing import get_args

import pytest

from pipeline.alerts.alert import Kind
from tests.deploy.programs import amtool, promtool, run
from tests.deploy.roles import roles, scraped
from tests.deploy.settings import PROMETHEUS, ROOT, RULE_TESTS, dashboards, queries, rules, yaml
from tests.metrics.test_metrics import listed_metrics

ALERTS = [rule["alert"] for rule in rules("health.yml")]
RUNBOOK = (ROOT / "deploy" / "runbook.md").read_text("utf-8")


def cases(alert: str) -> list[bool]:
    """Whether the alert fires in each of its tests."""
    return [
        bool(case.get("exp_alerts"))
        for test in yaml(RULE_TESTS)["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == alert
    ]


class TestHealthRules:
    def test_fire_when_they_should(self) -> None:
        """All cases of health.test.yml, by promtool."""
        assert "SUCCESS" in run(promtool(), "test", "rules", str(RULE_TESTS))

    @pytest.mark.parametrize("alert", ALERTS)
    def test_each_is_tested_firing_and_silent(self, alert: str) -> None:
        """A rule that always or never fires is worse than none."""
        assert set(cases(alert)) == {True, False}

    @pytest.mark.parametrize("alert", rules("health.yml"), ids=ALERTS)
    def test_each_leads_to_its_section_of_the_runbook(self, alert: dict[str, dict[str, str]]) -> None:
        """By the name that a heading gets as an anchor."""
        name = str(alert["alert"])
        assert alert["annotations"]["runbook_url"] == f"https://runbook.example/#{name.lower()}"
        assert f"\n## {name}\n" in RUNBOOK
        assert alert["labels"].keys() == {"severity"}
        assert alert["labels"]["severity"] in {"page", "ticket"}

    def test_flinks_incidents_are_the_alerts_agents(self) -> None:
        """A rule for them as well, and somebody would be told twice."""
        assert not [rule for rule in rules("health.yml") if "flinks_alerts_firing" in rule["expr"]]

    def test_metrics_are_those_that_there_are(self) -> None:
        """By README's table, which other tests keep true; promtool's series are made up and prove nothing of names."""
        listed = listed_metrics()
        for rule in [*rules("health.yml"), *rules("recording.yml")]:
            for name in re.findall(r"(?<![\w:])flinks_\w+", rule["expr"]):
                assert re.sub("_(bucket|count|sum)$", "", name) in listed, name

    def test_what_is_recorded_is_used(self) -> None:
        """By a rule or a panel."""
        used = " ".join(
            [rule["expr"] for name in ("health.yml", "recording.yml") for rule in rules(name)]
            + [expr for dashboard in dashboards().values() for _, expr in queries(dashboard)]
        )
        assert not [rule["record"] for rule in rules("recording.yml") if rule["record"] not in used]


class TestRunbook:
    def test_links_lead_somewhere(self) -> None:
        """Within the page."""
        anchors = {heading.lower() for heading in re.findall(r"^## (\S+)$", RUNBOOK, re.MULTILINE)}
        assert not set(re.findall(r"\(#([^)]+)\)", RUNBOOK)) - anchors

    def test_has_every_kind_of_incident(self) -> None:
        """A section each, by its name."""
        assert not [kind for kind in get_args(Kind) if f"\n## {kind}\n" not in RUNBOOK]


class TestPrometheus:
    def test_settings_are_valid(self) -> None:
        """With the rules that they name."""
        run(promtool(), "check", "config", str(PROMETHEUS / "prometheus.yml"))

    def test_scrapes_every_role_in_containers(self) -> None:
        """Every service with an admin port, by its name, where it listens."""
        jobs = yaml(PROMETHEUS / "prometheus.yml")["scrape_configs"]
        assert {job["job_name"]: scraped(job) for job in jobs} == {f"flinks-{role}": role for role in roles()}


class TestAlertmanager:
    @pytest.mark.parametrize(
        ("labels", "receiver"),
        [
            (["alertname=FlinksOutage", "incident=1f", "severity=page"], "page"),
            (["alertname=FlinksCodeSpike", "incident=2e", "severity=ticket"], "ticket"),
            (["alertname=FlinksRoleDown", "severity=page"], "page"),
            (["alertname=FlinksLag", "severity=ticket"], "ticket"),
        ],
    )
    def test_routes_by_severity(self, labels: list[str], receiver: str) -> None:
        """Incidents and health alerts alike, each to one receiver."""
        settings = f"--config.file={PROMETHEUS / 'alertmanager.yml'}"
        assert run(amtool(), "config", "routes", "test", settings, *labels).split() == [receiver]
