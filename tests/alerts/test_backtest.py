"""`backtest`, as a person runs it."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from pipeline.alerts import Bucket
from pipeline.alerts.transition import rfc3339
from pipeline.cli import main
from tests.alerts.counts import START, Trouble, World

HEADER = "timestamp,institution,code,errors,attempts"
OUTAGE = Trouble("outage", 60, 80, ("Alpha",), "RETRY_LATER", share=0.9)


def text(buckets: list[Bucket]) -> str:
    """The file of these counts."""
    rows = [f"{rfc3339(bucket.minute)},{','.join(map(str, row))}" for bucket in buckets for row in bucket.rows]
    return "\n".join([HEADER, *rows, ""])


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    path = tmp_path / "counts.csv"
    path.write_text(text(World(3, {"Alpha": 30, "Beta": 10}, [OUTAGE]).buckets(130)))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["backtest", *map(str, arguments)])


class TestBacktest:
    def test_writes_the_contract(self, counts: Path, tmp_path: Path) -> None:
        """Begin and end of the outage, at the ends of the buckets that decided it."""
        out = tmp_path / "alerts.jsonl"
        result = run(counts, "--alerts", out)
        assert result.exit_code == 0, result.output
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        assert [line["state"] for line in lines] == ["firing", "resolved"]
        assert list(lines[0]) == ["at", "state", "institution", "code", "severity", "score"]
        assert (lines[0]["institution"], lines[0]["code"], lines[0]["severity"]) == ("Alpha", "RETRY_LATER", "page")
        assert lines[0]["at"] in {rfc3339(START + 61), rfc3339(START + 62)}
        assert "1 pages; 0 still on" in result.stderr

    def test_explains(self, counts: Path, tmp_path: Path) -> None:
        result = run(counts, "--alerts", tmp_path / "alerts.jsonl", "--explain")
        assert "Alpha: logins fail" in result.stdout
        assert "nats" in result.stdout

    def test_draws_each_incident(self, counts: Path, tmp_path: Path) -> None:
        """A well-formed picture that has the series, its band and the time the alert was on."""
        run(counts, "--alerts", tmp_path / "alerts.jsonl", "--plot", tmp_path / "pictures")
        (picture,) = (tmp_path / "pictures").iterdir()
        kinds = [element.tag.rpartition("}")[2] for element in ET.parse(picture).getroot()]  # noqa: S314  # our own
        assert {"polyline", "polygon", "rect"} <= set(kinds)
        assert "Alpha RETRY_LATER" in picture.read_text()

    def test_five_minutes_without_attempts(self, tmp_path: Path) -> None:
        """The width is found out, and buckets without rows are zero."""
        usual = [f"{rfc3339(START + 5 * number)},A,SERIES,{20 + number % 3}," for number in range(100)]
        jump = [f"{rfc3339(START + 5 * number)},A,SERIES,900," for number in range(110, 113)]
        path = tmp_path / "counts.csv"
        path.write_text("\n".join([HEADER, *usual, *jump, ""]))
        run(path, "--alerts", tmp_path / "alerts.jsonl")
        first = json.loads((tmp_path / "alerts.jsonl").read_text().splitlines()[0])
        assert (first["state"], first["at"]) == ("firing", rfc3339(START + 5 * 111))

    def test_buckets_that_begin_elsewhere(self, tmp_path: Path) -> None:
        """Five minutes apart, but not at multiples of five: they are of a minute."""
        path = tmp_path / "counts.csv"
        path.write_text("\n".join([HEADER, *(f"{rfc3339(START + 2 + 5 * n)},A,X,1,20" for n in range(9)), ""]))
        result = run(path, "--alerts", tmp_path / "alerts.jsonl")
        assert result.exit_code == 0, result.stderr

    def test_a_file_of_excel(self, counts: Path, tmp_path: Path) -> None:
        """It has a mark at its beginning, and other ends of lines."""
        path = tmp_path / "excel.csv"
        path.write_bytes(b"\xef\xbb\xbf" + counts.read_bytes().replace(b"\n", b"\r\n"))
        assert run(path, "--alerts", tmp_path / "alerts.jsonl").exit_code == 0
        assert (tmp_path / "alerts.jsonl").read_text()

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            (["a,b"], "line 1: the header"),
            ([HEADER, "2026-03-02T00:00:00Z,A,X,1"], "line 2: 5 fields"),
            ([HEADER, "yesterday,A,X,1,2"], "line 2: 'yesterday' is not"),
            ([HEADER, "2026-03-02T00:00:00+01:00,A,X,1,2"], "UTC"),
            ([HEADER, "2026-03-02T00:00:00Z,A,X,one,2"], "whole numbers"),
            ([HEADER, "2026-03-02T00:00:00Z,A,X,-1,2"], "from 0 to"),
            (
                [HEADER, f"2026-03-02T00:00:00Z,A,X,1,{10**19}"],
                "attempts are from 0 to 1,000,000,000",
            ),
            ([HEADER, "2026-03-02T00:01:00Z,A,X,1,2", "2026-03-02T00:00:00Z,A,X,1,2"], "line 3: the rows are not"),
            ([HEADER, *(f"2026-03-02T00:0{minute}:00Z,A,X,1,2" for minute in "010")], "line 4: the rows are not"),
            (
                [HEADER, *(f"{rfc3339(START + 5 * n)},A,X,1,2" for n in range(200)), f"{rfc3339(START + 999)},A,X,1,2"],
                "does not begin a bucket of 5 min",
            ),
        ],
    )
    def test_says_what_is_wrong(self, tmp_path: Path, lines: list[str], message: str) -> None:
        path = tmp_path / "counts.csv"
        path.write_text("\n".join([*lines, ""]))
        result = run(path, "--alerts", tmp_path / "alerts.jsonl")
        assert result.exit_code == 1
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1

    @pytest.mark.parametrize("place", [0, len(HEADER) + 1])
    def test_not_text(self, tmp_path: Path, place: int) -> None:
        """As a program is none, and what is packed."""
        path = tmp_path / "counts.csv"
        path.write_bytes(f"{HEADER}\n".encode()[:place] + b"\x8b\xff")
        result = run(path, "--alerts", tmp_path / "alerts.jsonl")
        assert (result.exit_code, result.stderr) == (1, f"Error: {path}: not text, or not in UTF-8\n")
