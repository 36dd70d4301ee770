"""Certificates: only one that a trusted authority gave to this very name, for this very time, is talked to."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from worker.wire import Failure, Reply, Request

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass
class Authority:
    """Signs certificates, its own first."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of a test")])
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = (
            self._builder(self.key, NOW - DAY, NOW + DAY)
            .subject_name(self.name)
            .issuer_name(self.name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.trust = ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())

    @staticmethod
    def _builder(
        key: ec.EllipticCurvePrivateKey, start: datetime.datetime, end: datetime.datetime
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

    def server(self, *names, start=NOW - DAY, end=NOW + DAY, by_itself=False):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        others = [
            x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names
        ]
        authority = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        made = (
            self._builder(key, start, end)
            .subject_name(subject)
            .issuer_name(subject if by_itself else self.name)
            .add_extension(x509.SubjectAlternativeName(others), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority), critical=False
            )
            .sign(key if by_itself else self.key, hashes.SHA256())
        )
        pem = self.folder / f"{made.serial_number}.pem"
        plain = serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


def ask(door, server, names, tls, authority, **facts):
    async def test():
        async with server().running(tls=tls) as site:
            async with door(names=names(["127.0.0.1"]), trust=authority.trust) as web:
                answer = await web.ask(Request(f"https://news.example:{site.port}/", **facts))
        return answer, site

    return asyncio.run(test())


def test_a_certificate_of_a_trusted_authority_for_this_name_is_good(door, server, names, authority):
    answer, site = ask(door, server, names, authority.server("news.example"), authority)
    assert isinstance(answer, Reply)
    assert answer.body == b"halo"
    assert len(site.heads) == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"names": ["other.example"]}, "Hostname mismatch"),
        ({"names": ["*.news.example"]}, "Hostname mismatch"),
        ({"names": ["127.0.0.1"]}, "Hostname mismatch"),
        ({"names": ["news.example"], "start": NOW - 9 * DAY, "end": NOW - 8 * DAY}, "expired"),
        ({"names": ["news.example"], "start": NOW + 8 * DAY, "end": NOW + 9 * DAY}, "not yet valid"),
        ({"names": ["news.example"], "by_itself": True}, "self-signed"),
    ],
    ids=["another name", "a name below", "only its address", "expired", "not yet valid", "self-signed"],
)  # fmt: skip
def test_any_other_certificate_is_refused_before_anything_is_said(
    door, server, names, authority, facts, words
):
    tls = authority.server(*facts.pop("names"), **facts)
    for method in ("GET", "POST"):
        answer, site = ask(door, server, names, tls, authority, method=method, headers={"Authorization": "x"})
        assert isinstance(answer, Failure)
        assert (answer.reason, answer.written) == ("tls", False)
        assert words in answer.detail
        assert site.heads == []


def test_an_authority_that_nobody_trusts_is_refused(door, server, names, authority, tmp_path):
    answer, site = ask(door, server, names, Authority(tmp_path).server("news.example"), authority)
    assert isinstance(answer, Failure)
    assert answer.reason == "tls"
    assert site.heads == []


def test_what_is_no_tls_at_all_is_refused(door):
    async def test() -> None:
        async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        async with server, door() as web:
            answer = await web.ask(Request(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.written) == ("tls", False)

    asyncio.run(test())


def test_out_of_tls_a_redirect_is_followed_without_secrets_and_never_for_good(door, server, names, authority):
    async def test() -> None:
        async with server().running() as plain:
            says = f"HTTP/1.1 301 Moved\r\nLocation: http://news.example:{plain.port}/\r\nContent-Length: 0\r\n\r\n"
            async with server(says=says.encode()).running(tls=authority.server("news.example")) as site:
                async with door(names=names(["127.0.0.1"]), trust=authority.trust) as web:
                    secrets = {"Authorization": "x", "X-Key": "y", "Cookie": "z", "If-None-Match": "e"}
                    answer = await web.ask(Request(f"https://news.example:{site.port}/", headers=secrets))
        assert isinstance(answer, Reply)
        assert (answer.url, answer.permanent_url) == (f"http://news.example:{plain.port}/", None)
        for name in secrets:
            assert name.encode() in site.heads[0]
            assert name.encode() not in plain.heads[0]

    asyncio.run(test())


def test_through_a_proxy_the_site_is_still_the_one_that_must_show_its_certificate(
    door, server, names, authority
):
    async def test() -> None:
        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).split(b" ")
            told.append((head[0], head[1]))
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            theirs, ours = await asyncio.open_connection("127.0.0.1", site.port)
            await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))

        told: list[tuple[bytes, bytes]] = []
        proxy = await asyncio.start_server(connect, "127.0.0.1", 0)
        at = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        async with proxy, server().running(tls=authority.server("news.example")) as site:
            async with door(allow=(), proxy=at, trust=authority.trust) as web:
                good = await web.ask(Request("https://news.example/feed", traced=True))
                other = await web.ask(Request("https://other.example/feed"))
        assert isinstance(good, Reply)
        assert (good.body, good.hops[0].address) == (b"halo", at.removeprefix("http://"))
        assert isinstance(other, Failure)
        assert other.reason == "tls"
        assert told == [(b"CONNECT", b"news.example:443"), (b"CONNECT", b"other.example:443")]

    asyncio.run(test())


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def test_a_name_is_the_proxys_to_look_up(door, server, names):
    async def test() -> None:
        async with server().running() as proxy:
            async with door(
                allow=(), proxy=f"http://127.0.0.1:{proxy.port}", names=names(["127.0.0.1"])
            ) as web:
                answer = await web.ask(Request("http://news.example/feed"))
        assert isinstance(answer, Reply)
        assert proxy.heads[0].startswith(b"GET http://news.example/feed HTTP/1.1\r\n")

    asyncio.run(test())
