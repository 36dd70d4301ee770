from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.addresses import refusal

INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1
2001:db8::1 2001::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1
""".split()
OUTSIDE = """
1.1.1.1 8.8.8.8 93.184.216.34 172.32.0.1 2606:4700::1111 2a00:1450:4001::200e ::ffff:8.8.8.8 64:ff9b::808:808
""".split()
METADATA = """
169.254.169.254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe:: ::169.254.169.254
fe80::a9fe:a9fe%eth0 169.254.170.2 169.254.170.23 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254
""".split()
EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_is_refused(address):
    assert refusal(address, 443)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_open_internet_may_be_reached(address):
    assert refusal(address, 443) is None


@pytest.mark.parametrize("port", [22, 25, 110, 3306, 5432, 6379, 11211])
def test_a_port_that_is_no_web_port_is_refused(port):
    assert "port" in (refusal("1.1.1.1", port) or "")


@pytest.mark.parametrize("port", [80, 443, 8000, 8080, 8443, 3000, 81, 65535])
def test_a_port_where_sites_live_may_be_reached(port):
    assert refusal("1.1.1.1", port) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "127.8.9.10"])
def test_an_opened_network_may_be_reached_on_any_port_however_it_is_spelt(address):
    allow = (ipaddress.ip_network("127.0.0.0/8"),)
    assert refusal(address, 25, allow) is None
    assert refusal("10.0.0.1", 80, allow)


@pytest.mark.parametrize("address", ["::127.0.0.1", "2002:7f00:1::", "::1"])
def test_an_opened_network_does_not_open_what_only_looks_like_it(address):
    assert refusal(address, 80, (ipaddress.ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize("address", METADATA)
def test_a_clouds_metadata_service_stays_shut_even_inside_an_opened_network(address):
    assert "metadata" in (refusal(address, 80, EVERYTHING) or "")


@pytest.mark.parametrize("address", ["169.254.1.1", "10.0.0.1", "fd00:ec2::1", "fe80::1"])
def test_its_neighbours_are_opened_with_their_network(address):
    assert refusal(address, 80, EVERYTHING) is None


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "2130706433", "0x7f.1", "::g", "1.2.3.4.5", "①.1.1.1"]
)
def test_what_is_no_address_is_refused(text):
    assert "not an address" in (refusal(text, 80) or "")


@given(st.ip_addresses())
def test_whatever_python_calls_private_is_refused_and_opening_everything_opens_all_but_metadata(address):
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        embedded = getattr(address, "ipv4_mapped", None)
        assert refusal(str(address), 443) or embedded is not None
    opened = refusal(str(address), 22, EVERYTHING)
    assert opened is None or "metadata" in opened
