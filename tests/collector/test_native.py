"""The listener for React Native, in Node."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.collector.scripts import assembled
from tests.collector.doors import WRITE_KEY, Door


def test_in_an_app(door: Door, tmp_path: Path) -> None:
    """Early messages, the background, a kill, a lost answer, a broken storage: native.mjs tells them one by one."""
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("no Node", pytrace=False)
        pytest.skip("no Node (Debian: apt install nodejs)")
    module = tmp_path / "listener.mjs"
    module.write_bytes(assembled()["/listener-native.mjs"][1])
    endpoint = f"http://127.0.0.1:{door.port}/v1/events"
    ran = subprocess.run(
        [node, str(Path(__file__).with_name("native.mjs")), str(module), endpoint, WRITE_KEY],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    told = json.loads(ran.stdout)
    names = {record["id"]: record["name"] for record in door.records()}
    assert [names[id_] for id_ in told["ids"]][:3] == ["APP_MOUNTED", "INSTITUTION_SELECTED", "REDIRECT"]
    assert len(door.eventually(3, told["visit"])) == 3
