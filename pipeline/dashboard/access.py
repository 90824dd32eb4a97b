"""Who may see the page."""

import hmac
import time
from collections import deque
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from aiohttp import web

COOKIE: Final = "flinks_dashboard"
HOURS_S: Final = 12 * 3600
"""A shift."""
_TRIES: Final = 10
_TRIES_S: Final = 60.0
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class AccessError(ValueError):
    """The settings would open the page to anybody, or to nobody."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Without a token and a header everybody on this machine may see it, and nobody else."""

    token: str | None = None
    header: str | None = None
    """In which a trusted proxy tells who the user is."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    def check(self, host: str) -> None:
        """Raise AccessError if the page must not be opened at this address."""
        if self.token is not None and len(self.token) < 16:  # noqa: PLR2004  # said in the message
            raise AccessError("the token should have 16 characters at least: openssl rand -hex 24 makes one")
        if (self.header is None) != (not self.proxies):
            raise AccessError("--proxy-header and --trusted-proxies go together: only those may tell who a user is")
        if not self.guarded and not is_local(host):
            raise AccessError(
                f"nobody is asked who they are, so the page does not open at {host}: give --token-file, or "
                "--proxy-header with --trusted-proxies"
            )

    @property
    def guarded(self) -> bool:
        return self.token is not None or self.header is not None


class Access:
    """Decides on requests."""

    def __init__(self, settings: AccessSettings) -> None:
        """Takes settings that were checked."""
        self._settings = settings
        self._failed: deque[float] = deque(maxlen=_TRIES)

    @property
    def by_token(self) -> bool:
        """Whether there is a token to log in with."""
        return self._settings.token is not None

    def allows(self, request: web.Request) -> bool:
        """Whether this is somebody who may see it."""
        if not self._settings.guarded:
            # A page of the internet may have its name mean this machine; the browser tells that name.
            return is_local(_host(request))
        return self._is_told_by_proxy(request) or self._has_token(request)

    def log_in(self, token: str) -> str | None:
        """A cookie's value for the right token."""
        now = time.time()
        if self.is_exhausted(now) or self._settings.token is None:
            return None
        if not _is_same(token, self._settings.token):
            self._failed.append(now)
            return None
        until = str(int(now + HOURS_S))
        return f"{until}.{self._sign(until)}"

    def is_exhausted(self, now: float) -> bool:
        """Whether so many wrong tokens came within a minute that none is looked at any more."""
        return len(self._failed) == _TRIES and now - self._failed[0] < _TRIES_S

    def _is_told_by_proxy(self, request: web.Request) -> bool:
        header = self._settings.header
        if header is None or not request.headers.get(header):
            return False
        peer = request.transport.get_extra_info("peername") if request.transport else None
        if peer is None:
            return False
        return any(ip_address(peer[0].partition("%")[0]) in network for network in self._settings.proxies)

    def _has_token(self, request: web.Request) -> bool:
        if self._settings.token is None:
            return False
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and not self.is_exhausted(time.time()):
            if _is_same(bearer, self._settings.token):
                return True
            self._failed.append(time.time())
        until, _, signature = request.cookies.get(COOKIE, "").partition(".")
        if not until.isascii() or not until.isdecimal():
            return False
        return _is_same(signature, self._sign(until)) and int(until) > time.time()

    def _sign(self, until: str) -> str:
        key = sha256(f"{COOKIE}\n{self._settings.token}".encode()).digest()
        return hmac.new(key, until.encode(), sha256).hexdigest()


def _host(request: web.Request) -> str:
    """That the browser meant; "" if it is none."""
    try:
        return request.url.host or ""
    except ValueError:
        return ""


def _is_same(told: str, right: str) -> bool:
    """Without telling by the time it takes how much of it is; what came may be no text at all."""
    return hmac.compare_digest(told.encode(errors="backslashreplace"), right.encode())


def is_local(host: str) -> bool:
    """Whether only this machine is meant."""
    return host.lower() in _LOCAL
