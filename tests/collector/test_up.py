"""`up` without made-up users: what it prints works."""

import json
import shlex
import signal
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.cli.records import committed, new_prefix
from tests.cli.running import PATIENCE_S, eventually, fetch, started


def test_a_script_tag_and_a_curl_to_copy(kafka: str, tmp_path: Path) -> None:
    """The script is there, the event of the curl is taken, and that the first one came in is said."""
    log, prefix = tmp_path / "log", new_prefix()
    ports = ["--collector-port", "0", "--admin-port", "0"]
    with started(log, "up", "--broker", kafka, "--topic-prefix", prefix, *ports) as process:
        curl = shlex.split(eventually(lambda: _line(log, "  curl "), "a curl"))
        tag = _line(log, "  <script ")
        assert fetch(tag.partition('src="')[2].partition('"')[0])[1].startswith("(function")
        assert f'data-key="{json.loads(curl[-1])["key"]}"' in tag
        assert "The first event came in." not in log.read_text()
        url, header, body = curl[1], curl[3], curl[5]
        request = urllib.request.Request(url, body.encode(), dict([header.split(": ")]))  # noqa: S310  # our own
        told = eventually(lambda: _sent(request), "the collector has time for it, on a busy machine")
        assert told["events"] == [{"id": "hello-1", "verdict": "accepted"}]
        eventually(lambda: "The first event came in." in log.read_text(), "the first event")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    (record,) = committed(kafka, f"{prefix}events")
    assert record["name"] == "APP_MOUNTED"


def _sent(request: urllib.request.Request) -> Any:
    """The answer; none if it is to be sent again."""
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # our own
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
            return None
        raise


def _line(log: Path, begin: str) -> str:
    return next((line for line in log.read_text().splitlines() if line.startswith(begin)), "")
