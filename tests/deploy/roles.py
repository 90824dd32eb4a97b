"""The roles as docker-compose.yml has them."""

import re
from typing import Any

import msgspec

from pipeline.cli.options import DEFAULT_ADMIN_PORT
from tests.deploy.settings import ROOT


def roles() -> dict[str, Any]:
    """The services of docker-compose.yml that have metrics, as it settles what is not said otherwise."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "docker-compose.yml").read_text("utf-8"))
    services = msgspec.yaml.decode(text)["services"]
    return {
        name: service
        for name, service in services.items()
        if "FLINKS_PIPELINE_ADMIN_PORT" in service.get("environment", ())
    }


def scraped(job: dict[str, Any]) -> str:
    """The one service that a job of prometheus.yml is about; its port is the usual one."""
    if "dns_sd_configs" in job:
        ((name,), port) = job["dns_sd_configs"][0]["names"], job["dns_sd_configs"][0]["port"]
    else:
        ((target,),) = [known["targets"] for known in job["static_configs"]]
        name, _, port = target.partition(":")
    assert int(port) == DEFAULT_ADMIN_PORT
    return str(name)
