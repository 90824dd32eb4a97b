"""Whether a webhook is Flinks': HMAC-SHA256 of its raw body, in base64, under a secret that only Flinks has too."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from pipeline.collector.keys import App

HEADERS: Final = (b"flinks-authenticity-key", b"x-flinks-signature")
"""Flinks' older name for it, and the newer one."""


def signer(body: bytes, headers: Mapping[bytes, bytes], secrets: Iterable[tuple[bytes, App]]) -> App | None:
    """The app with whose secret the body was signed, None if it was with none.

    Every secret is compared with every signature, in constant time: how long it takes tells nothing of either.
    """
    told = [_decoded(headers[name]) for name in HEADERS if name in headers]
    if not told:
        return None
    found = None
    for secret, app in secrets:
        right = hmac.digest(secret, body, sha256)
        for signature in told:
            if hmac.compare_digest(right, signature):
                found = app
    return found


def _decoded(signature: bytes) -> bytes:
    try:
        return base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
