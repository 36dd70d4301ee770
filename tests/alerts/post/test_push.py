"""The door to Apprise, with the real library and real servers on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alerts import push as door
from alerts.channel import Push
from worker.wire import Failure, Reply

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Service:
    """A service that answers as it is told, and counts."""

    def __init__(self):
        self.status, self.headers, self.posts = 200, {}, []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                service.posts.append(self.rfile.read(int(self.headers["content-length"] or 0)))
                if service.status == 0:
                    return  # hangs up
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def told(service, allow=LOOPBACK, body="Kapal tiba", url=""):
    message = Push(url or f"ntfy://127.0.0.1:{service.port}/topic", "Berita", body)
    return asyncio.run(door.push(message, allow))


def test_a_message_that_is_taken_arrives_once(service):
    answer = told(service)
    assert isinstance(answer, Reply)
    assert answer.status == 200
    assert len(service.posts) == 1
    assert b"Kapal tiba" in service.posts[0]


@pytest.mark.parametrize("status", [404, 429, 500, 0])
def test_a_message_that_is_not_taken_was_tried_once_and_may_have_arrived(service, status):
    service.status = status
    answer = told(service)
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.written) == ("not_taken", True)
    assert len(service.posts) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(service, status):
    service.status, service.headers = status, {"location": f"http://127.0.0.1:{service.port}/again"}
    assert isinstance(told(service), Failure)
    assert len(service.posts) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_address_is_refused_before_anything_is_sent(service, host):
    answer = told(service, allow=(), url=f"ntfy://{host}:{service.port}/topic")
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.written) == ("blocked", False)
    assert service.posts == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("gotify://169.254.169.254/abcdefghijklmno", "blocked"),
        ("gotify://127.1/abcdefghijklmno", "bad_url"),
        ("gotify://[::1]/abcdefghijklmno", "dns"),  # no address to Apprise
        ("ntfys://no-such-host.invalid/topic", "dns"),
        ("ntfys://ntfy.example/t?verify=no", "bad_url"),
        ("nonsense", "bad_url"),
    ],
)
def test_what_cannot_or_may_not_be_asked_is_not(service, url, reason):
    answer = told(service, allow=(), url=url)
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.written) == (reason, False)


def test_a_topic_alone_is_at_the_vendor_and_no_host_of_ours():
    import apprise

    assert door._unreachable(door._service(apprise, "ntfys://localhost"), ()) is None
    assert door._service(apprise, "ntfys://localhost").mode == "cloud"


def test_a_long_message_is_told_whole_in_several(service):
    body = "\n".join(f"Artikel nomor {n} https://news.example.id/{n}" for n in range(400))
    assert isinstance(told(service, body=body), Reply)
    assert len(service.posts) > 1
    assert all(f"nomor {n} ".encode() in b"".join(service.posts) for n in range(0, 400, 50))


def test_without_the_library_it_says_how_to_get_it(service, monkeypatch):
    monkeypatch.setattr(door, "import_module", lambda _name: exec("raise ImportError"))
    assert not door.installed()
    answer = told(service)
    assert isinstance(answer, Failure)
    assert answer.reason == "not_installed"
    assert "pantau[apprise]" in answer.detail


def test_its_log_shows_no_address(service, caplog):
    service.status = 500
    with caplog.at_level(logging.DEBUG):
        told(service, url=f"ntfy://user:hush-hush@127.0.0.1:{service.port}/hush-topic")
    assert "hush" not in caplog.text
