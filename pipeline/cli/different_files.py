"""Files of a command that have to be different ones."""

from pathlib import Path

from pipeline.cli.failures import Failure


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
