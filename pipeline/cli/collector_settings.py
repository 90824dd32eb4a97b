"""What the options of `collector` mean."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.cli.options import ENVIRONMENT_PREFIX
from pipeline.cli.secret import SecretError, secret_in
from pipeline.collector.keys import Keys, KeysError, read_keys

_BASE_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


class CollectorOptionError(ValueError):
    """An option is not what it should be."""


def read_keys_from(file: Path | None, environment: Mapping[str, str] = os.environ) -> Keys:
    """From --keys, or from FLINKS_PIPELINE_KEYS_TOML, which holds the text itself.

    Raises:
        KeysError: neither or both are given, or what was found can not be used.
    """
    try:
        found = secret_in("KEYS_TOML", file, "--keys", environment)
    except SecretError as error:
        raise KeysError(str(error)) from None
    if found is None:
        raise KeysError(
            f"give --keys FILE or {ENVIRONMENT_PREFIX}KEYS_TOML, one of the two; see flinks-pipeline collector --help"
        )
    text, where = found
    try:
        return read_keys(text)
    except KeysError as error:
        raise KeysError(f"{where}: {error}") from None


def base_path_of(text: str) -> str:
    """Raises CollectorOptionError."""
    path = text.rstrip("/")
    if not _BASE_PATH.fullmatch(path):
        raise CollectorOptionError(f"--base-path should be like /flinks, not {text}")
    return path
