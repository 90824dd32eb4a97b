"""The settings in deploy/, read."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

ROOT: Final = Path(__file__).parents[2]
PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
GRAFANA: Final = ROOT / "deploy" / "grafana"
RULE_TESTS: Final = Path(__file__).parent / "health.test.yml"


def yaml(path: Path) -> Any:
    return msgspec.yaml.decode(path.read_bytes())


def rules(name: str) -> list[dict[str, Any]]:
    """Of health.yml or recording.yml."""
    return [rule for group in yaml(PROMETHEUS / name)["groups"] for rule in group["rules"]]


def dashboards() -> dict[str, dict[str, Any]]:
    """By uid."""
    read = [json.loads(path.read_text("utf-8")) for path in sorted((GRAFANA / "dashboards").glob("*.json"))]
    return {dashboard["uid"]: dashboard for dashboard in read}


def queries(dashboard: dict[str, Any]) -> list[tuple[str, str]]:
    """Titles and PromQL of a dashboard's panels."""
    return [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", ())]
