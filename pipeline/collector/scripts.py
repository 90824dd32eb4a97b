"""What is only handed out: the listener, put together from its parts, its types, and the description of the API."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib import resources
from typing import Final

from pipeline.collector.exchange import Request, Response

JAVASCRIPT: Final = b"text/javascript; charset=utf-8"
_TYPES: Final = b"text/plain; charset=utf-8"
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
"""On lines of its own."""
_INDENT: Final = re.compile(r"^[ \t]+", re.MULTILINE)


def assembled() -> dict[str, tuple[bytes, bytes]]:
    """Path to (content type, content) of all that is served."""
    core, browser, native = _part("core.js"), _part("browser.js"), _part("native.js")
    script = f"(function () {{\n'use strict';\n{core}{browser}{_part('script.js')}}})();\n"
    return {
        "/listener.js": (JAVASCRIPT, script.encode()),
        "/listener.mjs": (JAVASCRIPT, (core + browser + _part("module.js")).encode()),
        "/listener-native.mjs": (JAVASCRIPT, (core + native).encode()),
        "/listener.d.ts": (_TYPES, _file("listener.d.ts").encode()),
        "/listener-native.d.ts": (_TYPES, _file("listener-native.d.ts").encode()),
        "/openapi.json": (b"application/json", resources.files(__package__).joinpath("openapi.json").read_bytes()),
    }


def scripts() -> dict[str, Callable[[Request], Awaitable[Response]]]:
    """Path to endpoint."""
    return {path: _Served(content_type, content) for path, (content_type, content) in assembled().items()}


class _Served:
    """The same content to everybody; pages of other origins may read it, as modules must be."""

    def __init__(self, content_type: bytes, content: bytes) -> None:
        tag = b'"' + sha256(content).hexdigest()[:32].encode() + b'"'
        headers = (
            (b"etag", tag),
            # A new version is in all pages within minutes, and a page that is left meanwhile asks for nothing.
            (b"cache-control", b"public, max-age=300"),
            (b"x-content-type-options", b"nosniff"),
            (b"access-control-allow-origin", b"*"),
            (b"cross-origin-resource-policy", b"cross-origin"),
        )
        self._tag = tag
        self._answer = Response(200, content, headers, content_type)
        self._unchanged = Response(304, b"", headers, content_type)

    async def __call__(self, request: Request) -> Response:
        return self._unchanged if request.headers.get(b"if-none-match") == self._tag else self._answer


def _part(name: str) -> str:
    """A part without comments and indentation, which is nearly half of it."""
    return _INDENT.sub("", _COMMENT.sub("", _file(name)))


def _file(name: str) -> str:
    return resources.files(f"{__package__}.listener").joinpath(name).read_text("utf-8")
