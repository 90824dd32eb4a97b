"""Who sends: the address behind proxies that are trusted."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Networks = tuple[IPv4Network | IPv6Network, ...]

_IPV6_PREFIX: Final = 64
"""What one customer has: limits by single addresses would be none."""
_HOPS: Final = 20


@lru_cache(10_000)
def address(peer: str, forwarded_for: bytes | None, trusted: Networks) -> str:
    """The sender's address; of IPv6 the network that one customer has.

    From the right of X-Forwarded-For, where proxies add whom they see, the first address that is no trusted proxy's.
    What stands further left anybody may have written.
    """
    seen = peer
    if forwarded_for is not None and _is_trusted(peer, trusted):
        for hop in reversed(forwarded_for.decode("latin-1").split(",")[-_HOPS:]):
            told = _bare(hop.strip())
            if told is None:
                break
            seen = told
            if not _is_trusted(told, trusted):
                break
    return _network(seen)


def own_origin(scheme: str, headers: Mapping[bytes, bytes], peer: str, trusted: Networks) -> str:
    """The origin that a page of this very host has: such pages are always let in."""
    host = headers.get(b"host", b"")
    proto = scheme.encode()
    if trusted and _is_trusted(peer, trusted):
        host = headers.get(b"x-forwarded-host", host)
        proto = headers.get(b"x-forwarded-proto", proto)
    return f"{proto.decode('latin-1')}://{host.decode('latin-1')}".lower()


@lru_cache(10_000)
def _is_trusted(text: str, trusted: Networks) -> bool:
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return any(found in network for network in trusted)


def _bare(text: str) -> str | None:
    """An address without its port, None if it is none."""
    for bare in (text, text.removeprefix("[").partition("]")[0], text.rpartition(":")[0]):
        try:
            return str(ip_address(bare))
        except ValueError:
            continue
    return None


def _network(text: str) -> str:
    try:
        found = ip_address(text)
    except ValueError:
        return text
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Network((found, _IPV6_PREFIX), strict=False))
    return text
