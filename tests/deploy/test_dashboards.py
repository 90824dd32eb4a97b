"""The dashboards as files: what Grafana would stumble over. Their queries are tried in test_live.py."""

import itertools
import json
import re
from typing import Any

import pytest

from deploy.grafana.written import FOLDER, written
from tests.deploy.settings import GRAFANA, ROOT, dashboards, yaml

DASHBOARDS = dashboards()
COLUMNS = 24


@pytest.fixture(params=list(DASHBOARDS.values()), ids=list(DASHBOARDS))
def dashboard(request: pytest.FixtureRequest) -> Any:
    return request.param


class TestDashboards:
    def test_files_are_what_their_makers_write(self) -> None:
        """After a change: python -m deploy.grafana."""
        assert {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()} == written()

    def test_ids_are_unique(self, dashboard: dict[str, Any]) -> None:
        """Of panels in a dashboard, and of queries in a panel."""
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(ids) == len(set(ids))
        for panel in dashboard["panels"]:
            references = [target["refId"] for target in panel.get("targets", ())]
            assert len(references) == len(set(references)) > 0 or panel["type"] == "row"

    def test_panels_lie_beside_each_other(self, dashboard: dict[str, Any]) -> None:
        """Within the grid, and none over another."""
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        for place in places:
            assert place["x"] + place["w"] <= COLUMNS
        for one, other in itertools.combinations(places, 2):
            assert (
                one["x"] + one["w"] <= other["x"]
                or other["x"] + other["w"] <= one["x"]
                or one["y"] + one["h"] <= other["y"]
                or other["y"] + other["h"] <= one["y"]
            ), (one, other)

    def test_everything_is_asked_of_the_chosen_prometheus(self, dashboard: dict[str, Any]) -> None:
        """Whatever it is called where the dashboard is loaded."""
        chosen = {"type": "prometheus", "uid": "${datasource}"}
        asking = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        asking += [target for panel in asking for target in panel["targets"]]
        asking += [variable for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
        asking += dashboard["annotations"]["list"]
        assert all(one["datasource"] == chosen for one in asking)

    def test_variables_that_are_used_are_there(self, dashboard: dict[str, Any]) -> None:
        """Grafana's own begin with two underscores."""
        has = {variable["name"] for variable in dashboard["templating"]["list"]}
        told = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
        told += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
        assert not set(re.findall(r"\$([a-z]\w*)", " ".join(told))) - has

    def test_every_panel_explains_itself(self, dashboard: dict[str, Any]) -> None:
        """In a sentence."""
        assert not [
            panel["title"] for panel in dashboard["panels"] if panel["type"] != "row" and not panel["description"]
        ]

    def test_columns_have_their_names(self, dashboard: dict[str, Any]) -> None:
        """Grafana calls the values of a table's only query "Value", those of several "Value #A" and so on."""
        for panel in dashboard["panels"]:
            if panel["type"] == "table":
                letters = [target["refId"] for target in panel["targets"]]
                called = {f"Value #{letter}" for letter in letters} if len(letters) > 1 else {"Value"}
                (names,) = [
                    transformation["options"]["renameByName"]
                    for transformation in panel["transformations"]
                    if transformation["id"] == "organize"
                ]
                assert set(names) == called, panel["title"]

    def test_colours_are_chosen(self, dashboard: dict[str, Any]) -> None:
        """Grafana's own choice for numbers is red over 80, whatever they are."""
        for panel in dashboard["panels"]:
            if panel["type"] in {"stat", "bargauge"}:
                first, *_ = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
                assert first["value"] is None

    def test_links_lead_to_dashboards_that_are_there(self, dashboard: dict[str, Any]) -> None:
        """And set variables that they have."""
        for uid, query in re.findall(r"/d/([\w-]+)\?([^\"]*)", json.dumps(dashboard)):
            has = {variable["name"] for variable in DASHBOARDS[uid]["templating"]["list"]}
            assert set(re.findall(r"var-(\w+)=", query)) <= has
        assert dashboard["links"] == DASHBOARDS["flinks-overview"]["links"]
        assert set(dashboard["links"][0]["tags"]) <= set(dashboard["tags"])


class TestProvisioning:
    def test_dashboards_are_where_grafana_looks(self) -> None:
        """Where docker-compose.yml puts them."""
        (provider,) = yaml(GRAFANA / "provisioning" / "dashboards" / "flinks.yml")["providers"]
        mounts = dict(mount.split(":")[:2] for mount in services()["grafana"]["volumes"])
        assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
        home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        assert home == f"{provider['options']['path']}/overview.json"
        assert (FOLDER / "overview.json").exists()

    def test_its_prometheus_is_ours(self) -> None:
        """By its name in docker-compose.yml, and asked in steps of what is scraped."""
        (source,) = yaml(GRAFANA / "provisioning" / "datasources" / "prometheus.yml")["datasources"]
        assert source["url"] == "http://prometheus:9090"
        scraped = yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")["global"]["scrape_interval"]
        assert source["jsonData"]["timeInterval"] == scraped


class TestContainers:
    def test_images_are_pinned(self) -> None:
        """To a version; our own is built."""
        foreign = [service["image"] for service in services().values() if "build" not in service]
        assert foreign
        assert all(re.search(r":v?\d+\.\d+\.\d+$", image) for image in foreign)

    def test_files_that_are_mounted_are_there(self) -> None:
        """Docker would make a folder of what is not."""
        mounts = [mount for service in services().values() for mount in service.get("volumes", ()) if mount[0] == "."]
        assert mounts
        assert all((ROOT / mount.split(":")[0]).exists() for mount in mounts)


def services() -> Any:
    return yaml(ROOT / "docker-compose.yml")["services"]
