"""What Flinks' page on its event listener lists: the names, and the HTTP status of codes. Facts, none of its words."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Listed:
    """The rows of both lists, in order."""

    user_events: list[str]
    api_events: list[tuple[int, str | None]]
    """HTTP status and code; the row of success has no code."""


def listed() -> Listed:
    """What stands in listed.csv."""
    with Path(__file__).with_name("listed.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Listed(
        [row["name"] for row in rows if row["list"] == "user events"],
        [(int(row["http_status"]), row["name"] or None) for row in rows if row["list"] == "API events"],
    )


def listed_in(text: str) -> Listed:
    """What the page itself says, given as its text."""
    users, _, api = text.partition("\nList of API events\n")
    names = [line.split(" | ")[0] for line in users.partition("Event Name |")[2].splitlines()[2:] if " | " in line]
    codes = [line.split(" | ")[:2] for line in api.splitlines() if line[:3].isdecimal() and line[3:6] == " | "]
    return Listed(
        [name for one in names for name in one.split(" or ")],
        [(int(status), None if code == "N/A" else code) for status, code in codes],
    )
