"""The settings of Prometheus and Alertmanager as deploy/ has them, but for where things are, and much sooner."""

from pathlib import Path
from typing import Any, Final

import msgspec

from tests.deploy.roles import scraped
from tests.deploy.settings import PROMETHEUS, yaml

SOON: Final = "1s"
"""In place of what is scraped each ten seconds and fires after minutes."""


def write_prometheus(folder: Path, alertmanager_url: str, addresses: dict[str, str]) -> None:
    """With the rules beside it; addresses are by role."""
    settings = yaml(PROMETHEUS / "prometheus.yml")
    settings["global"] = dict.fromkeys(settings["global"], SOON)
    settings["alerting"]["alertmanagers"] = [
        {"static_configs": [{"targets": [alertmanager_url.removeprefix("http://")]}]}
    ]
    settings["scrape_configs"] = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [addresses[scraped(job)]]}]}
        for job in settings["scrape_configs"]
    ]
    _write(folder / "prometheus.yml", settings)
    for name in settings["rule_files"]:
        rules = yaml(PROMETHEUS / name)
        for group in rules["groups"]:
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = SOON
        _write(folder / name, rules)


def write_alertmanager(folder: Path, url: str, *, sooner: bool = True) -> None:
    """Each receiver is a path below the URL."""
    settings = yaml(PROMETHEUS / "alertmanager.yml")
    if sooner:
        settings["route"] |= {"group_wait": SOON, "group_interval": SOON}
    for receiver in settings["receivers"]:
        receiver["webhook_configs"] = [{"url": f"{url}/{receiver['name']}", "send_resolved": True}]
    _write(folder / "alertmanager.yml", settings)


def _write(path: Path, settings: Any) -> None:
    path.write_bytes(msgspec.yaml.encode(settings))
