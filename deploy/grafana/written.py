"""The dashboards as the files that Grafana reads."""

import json
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import codes, funnel, institution, overview, pipeline

FOLDER: Final = Path(__file__).parent / "dashboards"


def written() -> dict[str, str]:
    """File names and texts."""
    made = {
        "overview.json": overview.dashboard(),
        "institution.json": institution.dashboard(),
        "codes.json": codes.dashboard(),
        "funnel.json": funnel.dashboard(),
        "pipeline.json": pipeline.dashboard(),
    }
    return {name: _text(dashboard.build()) for name, dashboard in made.items()}


def _text(dashboard: Dashboard) -> str:
    for number, panel in enumerate(dashboard.panels or (), start=1):
        panel.id_val = number
    return json.dumps(dashboard, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
