"""Whose word the download takes for who it talks to."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "REQUESTS_CA_BUNDLE"


@contextmanager
def machine_certificates() -> Iterator[None]:
    """Let requests, which jgo downloads with, trust the certificates that this machine trusts, as pip does.

    Its own list does not know the certificate of a company's proxy. What the user has set himself stays.
    """
    store = _store()
    if store is None or VARIABLE in os.environ or "CURL_CA_BUNDLE" in os.environ:
        yield
        return
    os.environ[VARIABLE] = store  # it looks nowhere else
    try:
        yield
    finally:
        del os.environ[VARIABLE]


def _store() -> str | None:
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return paths.cafile
    if paths.capath is not None and any(Path(paths.capath).iterdir()):
        return paths.capath
    return None
