"""No address, name or spelling leads inside, however it is brought to the door."""

from __future__ import annotations

import asyncio

import pytest

from worker.wire import Failure, Reply, Request

GOOD, INSIDE = "127.0.0.1", "127.0.0.2"

# Where it is refused: as an address (no name is asked for), when dialled, or because nobody is called so.
SPELLINGS = {
    "http://127.0.0.2/": "blocked",
    "http://127.1/": "blocked dns bad_url",
    "http://127.0.2/": "blocked dns bad_url",
    "http://2130706434/": "blocked dns bad_url",
    "http://017700000002/": "blocked dns bad_url",
    "http://0177.0.0.2/": "blocked dns bad_url",
    "http://0x7f.2/": "blocked dns bad_url",
    "http://0x7f000002/": "blocked dns bad_url",
    "http://0/": "blocked dns bad_url",
    "http://0.0.0.0/": "blocked",
    "http://127.0.0.2./": "blocked dns bad_url",
    "http://①②⑦.⓪.⓪.②/": "blocked",
    "http://１２７.0.0.2/": "blocked",
    "http://127。0。0。2/": "blocked",
    "http://localhost./": "blocked dns",
    "http://LOCALHOST/": "blocked",
    "http://ｌｏｃａｌｈｏｓｔ/": "blocked",
    "http://[::1]/": "blocked",
    "http://[0:0:0:0:0:0:0:1]/": "blocked",
    "http://[::]/": "blocked",
    "http://[::ffff:127.0.0.2]/": "blocked",
    "http://[::ffff:7f00:2]/": "blocked",
    "http://[::127.0.0.2]/": "blocked",
    "http://[64:ff9b::127.0.0.2]/": "blocked",
    "http://[64:ff9b:1::127.0.0.2]/": "blocked",
    "http://[2002:7f00:2::]/": "blocked",
    "http://[fe80::1%25lo]/": "blocked bad_url",
    "http://[fe80::1%lo]/": "blocked bad_url",
    "http://[fc00::1]/": "blocked",
    "http://[ff02::1]/": "blocked",
    "http://10.0.0.1/": "blocked",
    "http://100.64.0.1/": "blocked",
    "http://169.254.169.254/latest/meta-data/": "blocked",
    "http://[fd00:ec2::254]/": "blocked",
    "http://168.63.129.16/": "blocked",
    "http://192.0.0.8/": "blocked",
    "http://198.18.0.1/": "blocked",
    "http://224.0.0.1/": "blocked",
    "http://255.255.255.255/": "blocked",
    "http://example.com\\@127.0.0.2/": "bad_url",
    "http://example.com@127.0.0.2/": "bad_url",
    "http://example.com%40127.0.0.2/": "blocked dns bad_url",
    "http://127.0.0.2%00.example.com/": "dns bad_url",
    "http://127.0.0.2#@example.com/": "blocked",
    "http://127.0.0.2?@example.com/": "blocked",
    "http://example.com:80@127.0.0.2/": "bad_url",
    "http:\\\\127.0.0.2/": "bad_url",
    "http:///127.0.0.2/": "bad_url",
    "//127.0.0.2/": "bad_url",
    "http://127.0.0.2:port/": "bad_url",
    "file://127.0.0.2/etc/passwd": "bad_url",
    "gopher://127.0.0.2:6379/_FLUSHALL": "bad_url",
    "data:text/html,x": "bad_url",
    "jar:http://127.0.0.2!/": "bad_url",
    "unix:///run/docker.sock": "bad_url",
}


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_an_address_leads_inside(door, url):
    async def test() -> None:
        async with door(allow=()) as web:
            for request in (Request(url), Request(url, "POST", body=b"secret"), Request(url, traced=True)):
                answer = await web.ask(request)
                assert isinstance(answer, Failure)
                assert answer.reason in SPELLINGS[url].split()
                assert not answer.written

    asyncio.run(test())


@pytest.mark.parametrize("url", [url for url in SPELLINGS if SPELLINGS[url] != "bad_url"])
def test_nor_does_it_through_a_proxy_which_would_take_it_there(door, server, url):
    async def test() -> None:
        async with server().running() as proxy, door(allow=(), proxy=f"http://{GOOD}:{proxy.port}") as web:
            answer = await web.ask(Request(url))
            if isinstance(answer, Failure):
                assert answer.reason in ("blocked", "bad_url")
                assert proxy.heads == []
            else:  # a name for the proxy to resolve
                assert "%" in url

    asyncio.run(test())


@pytest.mark.parametrize(
    "answers",
    [
        [[INSIDE]],
        [["8.8.8.8", INSIDE]],
        [[INSIDE, "8.8.8.8"]],
        [["2606:4700::1111", "8.8.8.8", "::1"]],
        [["::1"]],
        [["::ffff:127.0.0.2"]],
        [["64:ff9b::7f00:2"]],
        [["fe80::1%lo"]],
        [["10.0.0.1"]],
        [["169.254.169.254"]],
        [["not an address"]],
    ],
    ids=str,
)
def test_a_name_that_has_an_address_inside_is_not_dialled_at_all(door, server, names, answers):
    async def test() -> None:
        async with server().running(INSIDE) as inside:
            good = server(port=inside.port)
            async with good.running(), door(names=names(*answers)) as web:
                answer = await web.ask(Request(f"http://news.example:{inside.port}/"))
                assert isinstance(answer, Failure)
                assert (answer.reason, answer.written) == ("blocked", False)
                assert inside.connections == good.connections == 0

    asyncio.run(test())


@pytest.mark.parametrize(
    "answers", [[GOOD, INSIDE], ["::1", GOOD], [INSIDE, "169.254.169.254", GOOD]], ids=str
)
def test_of_a_name_of_ones_own_network_only_opened_addresses_are_dialled(door, server, names, answers):
    async def test() -> None:
        async with server().running(INSIDE) as inside:
            good = server(port=inside.port)
            async with good.running(), door(names=names(answers)) as web:
                assert isinstance(await web.ask(Request(f"http://desk.lan:{inside.port}/")), Reply)
                assert (good.connections, inside.connections) == (1, 0)

    asyncio.run(test())


def test_a_name_that_changes_its_answer_between_two_requests_is_refused_the_second_time(door, server, names):
    async def test() -> None:
        async with server().running(INSIDE) as inside:
            good = server(port=inside.port)
            async with good.running(), door(names=names([GOOD], [INSIDE])) as web:
                url = f"http://news.example:{inside.port}/"
                assert isinstance(await web.ask(Request(url)), Reply)
                web._asking.connector.clear_dns_cache()
                answer = await web.ask(Request(url))
                assert isinstance(answer, Failure)
                assert answer.reason == "blocked"
                assert (good.connections, inside.connections) == (1, 0)

    asyncio.run(test())


def test_nor_may_it_change_between_two_hops(door, server, names):
    async def test() -> None:
        async with server().running(INSIDE) as inside:
            there = f"http://news.example:{inside.port}/"
            first = server(
                says=f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            async with first.running(), door(names=names([GOOD], [INSIDE])) as web:
                answer = await web.ask(Request(f"http://news.example:{first.port}/"))
                assert isinstance(answer, Failure)
                assert answer.reason == "blocked"
                assert (first.connections, inside.connections) == (1, 0)

    asyncio.run(test())


def test_a_name_is_asked_for_in_ascii_whatever_it_looks_like(door, server, names):
    async def test() -> None:
        async with server().running() as good:
            asked = names([GOOD])
            async with door(names=asked) as web:
                assert isinstance(await web.ask(Request(f"http://аpple.example:{good.port}/")), Reply)
            assert asked.asked == ["xn--pple-43d.example"]
            assert f"Host: xn--pple-43d.example:{good.port}".encode() in good.heads[0]

    asyncio.run(test())


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 6000, 11211])
def test_a_well_known_port_of_another_service_is_not_asked_outside_of_opened_networks(door, names, port):
    async def test() -> None:
        async with door(names=names(["8.8.8.8"])) as web:
            answer = await web.ask(Request(f"http://news.example:{port}/"))
            assert isinstance(answer, Failure)
            assert answer.reason == "blocked"
            assert answer.detail == f"port {port} is not a web port"

    asyncio.run(test())


@pytest.mark.parametrize("host", [INSIDE, "slack.lan"])
def test_what_the_operator_has_set_may_be_posted_to_inside_and_nothing_beside_it(door, server, names, host):
    async def test() -> None:
        async with server().running(INSIDE) as inside:
            base = f"http://{host}:{inside.port}/api"
            async with door(allow=(), names=names([INSIDE]), vouched=(base,)) as web:
                assert isinstance(await web.ask(post(f"{base}/chat.postMessage")), Reply)
                for refused in (
                    post(f"{base}/chat.postMessage", vouched=False),
                    Request(f"{base}/chat.postMessage", vouched=True),
                    post(f"http://{host}:{inside.port}/apis/x"),
                    post(f"http://{host}:{inside.port}/"),
                    post(f"http://{host}:{inside.port + 1}/api/x"),
                    post(f"http://127.0.0.3:{inside.port}/api/x"),
                ):
                    answer = await web.ask(refused)
                    assert isinstance(answer, Failure)
                    assert answer.reason == "blocked"
                assert inside.connections == 1

    asyncio.run(test())


def test_through_a_proxy_too_it_may_be_posted_to(door, server):
    async def test() -> None:
        base = f"http://{INSIDE}:8080/api"
        async with server().running() as proxy:
            where = {"proxy": f"http://{GOOD}:{proxy.port}", "vouched": (base,)}
            async with door(allow=(), **where) as web:
                assert isinstance(await web.ask(post(f"{base}/chat.postMessage")), Reply)
                assert isinstance(await web.ask(post(f"{base}/x", vouched=False)), Failure)
            assert len(proxy.heads) == 1

    asyncio.run(test())


def post(url: str, *, vouched: bool = True) -> Request:
    return Request(url, "POST", body=b"secret", vouched=vouched)
