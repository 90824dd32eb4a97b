"""Events and truth in files."""

import json
from pathlib import Path

from pipeline.simulator import parse_incident, write


class TestWrite:
    def test_lines(self, tmp_path: Path) -> None:
        """Events are one a line in order of arrival, sessions as many as asked for."""
        out, truth = tmp_path / "events.jsonl", tmp_path / "truth.jsonl"
        progress: list[int] = []
        events = write(out, truth, sessions=3_000, seed=5, progress=progress.append)
        lines = out.read_bytes().splitlines()
        assert len(lines) == events
        assert all(json.loads(line)["v"] == 1 for line in lines)
        sessions = [json.loads(line) for line in truth.read_bytes().splitlines()]
        assert len(sessions) == 3_000
        assert {"journey", "outcome", "late", "request_id", "stages"} <= sessions[0].keys()
        assert progress[-1] == 3_000
        assert progress == sorted(progress)

    def test_same_seed(self, tmp_path: Path) -> None:
        """The same seed writes the same files; an incident changes them."""
        incident = parse_incident("*:RETRY_LATER:1@0s+1h")
        for name, incidents in (("a", []), ("b", []), ("c", [incident])):
            write(tmp_path / name, tmp_path / f"{name}.truth", sessions=200, seed=3, incidents=incidents)
        contents = {name: (tmp_path / name).read_bytes() for name in ("a", "b", "c", "a.truth", "b.truth")}
        assert contents["a"] == contents["b"] != contents["c"]
        assert contents["a.truth"] == contents["b.truth"]
