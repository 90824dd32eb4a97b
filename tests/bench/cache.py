"""What takes long to make and depends on source code alone is kept in a folder outside the project."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("FLINKS_PIPELINE_BENCH_CACHE") or Path(tempfile.gettempdir()) / "flinks-pipeline-bench")
"""Some gigabytes; may be deleted at any time."""


def source_digest(*folders: str) -> str:
    """Of all Python and data files below these folders of the project."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in {".py", ".toml", ".json"}:
                digest.update(f"{file.relative_to(ROOT)}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The file of this name, which `make` writes if it is not there. What it leaves half done is not kept."""
    file = FOLDER / name
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}.unfinished")
        try:
            make(unfinished)
            unfinished.rename(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return file
