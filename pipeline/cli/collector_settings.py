"""What the options of `collector` mean."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from pipeline.cli.options import ENVIRONMENT_PREFIX
from pipeline.collector.keys import Keys, KeysError, read_keys
from pipeline.collector.peer import Networks

TEXT_VARIABLE: Final = f"{ENVIRONMENT_PREFIX}KEYS_TOML"
_BASE_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


class CollectorOptionError(ValueError):
    """An option is not what it should be."""


def read_keys_from(file: Path | None, environment: Mapping[str, str] = os.environ) -> Keys:
    """From --keys, or from the variable that holds the text itself.

    Raises:
        KeysError: neither or both are given, or what was found can not be used.
    """
    text = environment.get(TEXT_VARIABLE)
    if (file is None) == (not text):
        raise KeysError(f"give --keys FILE or {TEXT_VARIABLE}, one of the two; see flinks-pipeline collector --help")
    where = TEXT_VARIABLE
    if file is not None:
        where = str(file)
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:
            raise KeysError(f"{where}: not text") from None
    try:
        return read_keys(text or "")
    except KeysError as error:
        raise KeysError(f"{where}: {error}") from None


def base_path_of(text: str) -> str:
    """Raises CollectorOptionError."""
    path = text.rstrip("/")
    if not _BASE_PATH.fullmatch(path):
        raise CollectorOptionError(f"--base-path should be like /flinks, not {text}")
    return path


def networks(text: str) -> Networks:
    """Raises CollectorOptionError."""
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise CollectorOptionError(f"--trusted-proxies: {error}") from None
