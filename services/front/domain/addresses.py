"""Where a request comes from, when proxies stand before the front."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
OF_ONE = 64  # bits of an IPv6 address that one subscriber shares with nobody


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks with blanks between. Raises ValueError."""
    return tuple(ip_network(part) for part in text.split())


def source_of(peer: str, forwarded: Collection[str], proxies: Collection[Network]) -> str:
    """Who asked: the last of X-Forwarded-For (`forwarded`, in its order) that is no proxy of ours. Of a peer that is none of
    our proxies the header is not believed: anybody writes it. An IPv6 address stands for its /64, which one subscriber has."""
    found = peer
    for earlier in reversed([part.strip() for line in forwarded for part in line.split(",")]):
        if not _ours(found, proxies):
            break
        try:
            ip_address(earlier)
        except ValueError:
            break
        found = earlier
    return _subscriber(found)


def _ours(address: str, proxies: Collection[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)


def _subscriber(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped is not None else str(ip_network((parsed, OF_ONE), strict=False))
