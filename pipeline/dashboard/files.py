"""The page's own files, held in memory: nothing else is ever served from disk."""

from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from typing import Final

_TYPES: Final = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent."""

    body: bytes
    content_type: str
    etag: str


def page_files() -> dict[str, PageFile]:
    """Every file of the page by its name."""
    found = {}
    for file in resources.files("pipeline.dashboard.page").iterdir():
        content_type = _TYPES.get(file.name.rpartition(".")[2])
        if content_type is not None:
            body = file.read_bytes()
            found[file.name] = PageFile(body, content_type, sha256(body).hexdigest()[:16])
    return found
