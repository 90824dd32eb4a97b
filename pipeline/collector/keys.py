"""Who may come in: the apps with their keys, read from a TOML file.

    [lending]                                     the app, as events and metrics call it
    environment     = "production"
    write_keys      = ["wk_…"]                    public, in the page; two while one is being changed
    origins         = ["https://apply.example.com", "https://*.example.com"]
    bearer_hashes   = ["9f86d0…"]                 SHA-256 of a backend's key, in hexadecimal
    webhook_secrets = ["…"]                       as agreed with Flinks

Every line but the first may be missing: what has no key is shut.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from pipeline.collector.origins import Origins, OriginsError

_APP: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_WRITE_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SECRET_CHARS: Final = 16
"""The fewest of a webhook's secret."""
_FIELDS: Final = frozenset({"environment", "write_keys", "origins", "bearer_hashes", "webhook_secrets"})


class KeysError(ValueError):
    """The keys can not be used; the message names the place and never shows a key."""


@dataclass(frozen=True, slots=True)
class App:
    """One integration of Flinks Connect."""

    name: str
    environment: str | None = None
    origins: Origins = field(default_factory=Origins)


@dataclass(frozen=True, slots=True)
class Keys:
    """Which key opens the door to whom."""

    by_write_key: Mapping[str, App] = field(default_factory=dict, repr=False)
    by_bearer_hash: Mapping[str, App] = field(default_factory=dict, repr=False)
    webhook_secrets: tuple[tuple[bytes, App], ...] = field(default=(), repr=False)

    @property
    def apps(self) -> set[str]:
        found = [*self.by_write_key.values(), *self.by_bearer_hash.values(), *(app for _, app in self.webhook_secrets)]
        return {app.name for app in found}

    def bearer(self, key: str) -> App | None:
        """The app of a backend's key. Only its hash is compared, so timing tells nothing of a key."""
        return self.by_bearer_hash.get(sha256(key.encode()).hexdigest())

    def knows_origin(self, origin: str) -> bool:
        """Whether any app's pages are there."""
        return any(app.origins.allow(origin) for app in self.by_write_key.values())


def read_keys(text: str) -> Keys:
    """Read the TOML.

    Raises:
        KeysError: it is not TOML, a value is not what it should be, or one key is two apps'.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise KeysError("not TOML") from None  # tomllib shows what it stumbled over
    write_keys: dict[str, App] = {}
    hashes: dict[str, App] = {}
    secrets: dict[str, App] = {}
    for name, table in tables.items():
        app = _app(name, table)
        _add(write_keys, app, _texts(name, table, "write_keys"), _WRITE_KEY, "write_keys: 8 to 64 of A-Z a-z 0-9 _ -")
        _add(hashes, app, _texts(name, table, "bearer_hashes"), _HASH, "bearer_hashes: SHA-256 in hexadecimal")
        long_enough = re.compile(rf".{{{_SECRET_CHARS},}}")
        _add(
            secrets, app, _texts(name, table, "webhook_secrets"), long_enough, "webhook_secrets: 16 characters or more"
        )
    if not tables:
        raise KeysError("there is no app; the file should have [NAME] and write_keys below it")
    return Keys(write_keys, hashes, tuple((secret.encode(), app) for secret, app in secrets.items()))


def _app(name: str, table: Any) -> App:
    if not _APP.fullmatch(name):
        raise KeysError(f"[{name[:40]}]: an app is named by up to 40 of a-z 0-9 _ -")
    if not isinstance(table, dict):
        raise KeysError(f"{name}: it should stand below [APP]")
    if unknown := table.keys() - _FIELDS:
        raise KeysError(f"[{name}]: there is no {', '.join(sorted(unknown))}; there are {', '.join(sorted(_FIELDS))}")
    environment = table.get("environment")
    if environment is not None and not (isinstance(environment, str) and _APP.fullmatch(environment)):
        raise KeysError(f"[{name}] environment: up to 40 of a-z 0-9 _ -")
    try:
        return App(name, environment, Origins.read(_texts(name, table, "origins")))
    except OriginsError as error:
        raise KeysError(f"[{name}] origins: {error}") from None


def _texts(app: str, table: Mapping[str, Any], field_name: str) -> list[str]:
    found = table.get(field_name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise KeysError(f"[{app}] {field_name}: it should be a list of texts")
    return found


def _add(known: dict[str, App], app: App, keys: Iterable[str], shape: re.Pattern[str], rule: str) -> None:
    for key in keys:
        if not shape.fullmatch(key):
            raise KeysError(f"[{app.name}] {rule}")
        if known.setdefault(key, app) is not app:
            raise KeysError(f"[{app.name}] {rule.partition(':')[0]}: one of them is also [{known[key].name}]'s")
