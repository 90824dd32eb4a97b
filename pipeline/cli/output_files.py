"""Files that a command writes: what is wrong with them is found before the work and not after it."""

import os
from pathlib import Path
from typing import Any

import click

from pipeline.cli.failures import Failure


class OutputFile(click.Path):
    """An option's file, which may be there or not, in a folder that is."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        file = Path(os.fsdecode(super().convert(value, param, ctx)))
        if file == Path("-"):
            self.fail("a file is needed; /dev/stdout is standard output", param, ctx)
        if file.is_dir():  # as "" is
            self.fail(f"{file} is a folder", param, ctx)
        if not file.exists():
            folder = file.resolve().parent  # a link may lead elsewhere
            if not folder.is_dir():
                self.fail(f"the folder of {file} does not exist", param, ctx)
            if not os.access(folder, os.W_OK | os.X_OK):
                self.fail(f"in the folder of {file} nothing can be written", param, ctx)
        return file


def require_different(*files: Path | None) -> None:
    """Raise Failure if two of them are one, which would be overwritten."""
    seen: set[Path] = set()
    for file in files:
        if file is None or (file.exists() and not file.is_file()):  # /dev/null holds everything
            continue
        place = file.resolve()
        if place in seen:
            raise Failure(f"{file} is named twice, and would be overwritten")
        seen.add(place)
