"""PURE. Which addresses and ports a fetch or a delivery may reach.

The list is our own: `ipaddress.is_global` calls addresses global that lead inside (NAT64 and 6to4 of
loopback, multicast, the cloud's wire server), and differs between Python versions.
https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_INSIDE_V4 = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's wire server
        "169.254.0.0/16",  # link local, with the clouds' metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_OUTSIDE_V6 = ipaddress.ip_network("2000::/3")
_INSIDE_V6 = tuple(
    ipaddress.ip_network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_METADATA = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's wire server
        "169.254.169.253/32",  # Amazon's resolver
        "169.254.169.254/32",  # Amazon, Google, Azure, DigitalOcean, Oracle, OpenStack
        "169.254.170.2/32",  # Amazon's containers
        "169.254.170.23/32",  # Amazon's pods
        "192.0.0.192/32",  # Oracle
        "fd00:ec2::23/128",
        "fd00:ec2::253/128",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",  # Google
        "fe80::a9fe:a9fe/128",  # OpenStack
    )
)
"""Where clouds hand a machine its own keys: no network that an operator opens is meant to hold these."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_NO_WEB = """
    1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115
    117 119 123 135 137 139 143 161 179 389 427 445 465 512 513 514 515 526 530 531 532 540 548 554 556
    563 587 601 623 636 873 989 990 993 995 1433 1521 1719 1720 1723 2049 2375 2376 2379 3306 3389 3659
    4045 4190 5060 5061 5432 5672 5900 5984 6000 6379 6566 6665 6666 6667 6668 6669 6697 9042 9092 9200
    9300 10080 11211 27017
"""
_NO_WEB_PORTS = frozenset(int(port) for port in _NO_WEB.split())
"""What the Fetch standard calls bad ports (https://fetch.spec.whatwg.org/#port-blocking), and databases."""


def refusal(address: str, port: int, allow: Sequence[Network] = ()) -> str | None:
    """Why this address may not be reached, in words; None if it may.

    `allow` are the networks that the operator has opened, with any port; they open no cloud's metadata service.
    What is no address is refused.
    """
    try:
        literal = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address!r} is not an address"
    meant = _meant(literal)
    if any(_in_any(carried, _METADATA) for carried in _carried(literal)):
        return f"{meant} is a cloud's metadata service, which is never asked"
    if _in_any(meant, allow):
        return None
    if _is_inside(meant):
        return f"{meant} is a private or special address (PANTAU_ALLOW_NETS opens networks)"
    if port in _NO_WEB_PORTS:
        return f"port {port} is not a web port"
    return None


def is_opened(address: str, allow: Sequence[Network]) -> bool:
    """Whether this address lies in a network that the operator has opened."""
    try:
        return _in_any(_meant(ipaddress.ip_address(address.partition("%")[0])), allow)
    except ValueError:
        return False


def _meant(address: Address) -> Address:
    """The address that packets really go to: IPv4 inside IPv6 is unwrapped."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _carried(address: Address) -> tuple[Address, ...]:
    """The address and every IPv4 address that some gateway may unwrap from it: NAT64 with a prefix of the
    network's own and IPv4-compatible ones keep it at the end, 6to4 behind its prefix."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return (address, last) if address.sixtofour is None else (address, last, address.sixtofour)


def _is_inside(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return _in_any(address, _INSIDE_V4)
    return address not in _OUTSIDE_V6 or _in_any(address, _INSIDE_V6)


def _in_any(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
