"""Apprise: which addresses it is trusted with, what it is handed, and what its word means."""

from __future__ import annotations

import apprise
import pytest

from alerts.channel import Blocked, Push, Sent, Unsure
from alerts.channels.apprise import HOSTED, VENDORS, channel
from alerts.push import _service
from worker.wire import Failure, Reply

GOOD = [
    "ntfy://topic",
    "ntfys://user:pass@ntfy.example/topic?priority=high&tags=news",
    "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?thread=1",
    "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "gotifys://push.example/abcdefghijklmno",
]
BAD = {
    "json://169.254.169.254/": '"json" is not served',
    "syslog://": '"syslog" is not served',
    "file:///etc/passwd": '"file" is not served',
    "dbus://": '"dbus" is not served',
    "mailto://user:pass@mail.example": '"mailto" is not served',
    "ntfys://ntfy.example/t?verify=no": "has verify",
    "ntfys://ntfy.example/t?redirect=yes": "has redirect",
    "ntfys://ntfy.example/t?retry=10&wait=9": "has retry, wait",
    "ntfys://ntfy.example/t?attach=file:///etc/passwd": "has attach",
    "ntfys://ntfy.example/t?mode=cloud": "has mode",
    "discord://1/2?template=/etc/passwd": "has template",
    "gotify://push.example/t?+X-Header=x": "has  X-Header",
    "gotify://push.example/t?-payload=x": "has -payload",
    "ntfys://ntfy.example/t?verify": "cannot be read",
    "ntfys://ntfy.example/t#x": "has #",
    "ntfy://a/b, ntfy://c/d": "blanks, commas",
    "ntfy://a/b ntfy://c/d": "blanks, commas",
    "ntfy://ntfy.example/tópico": "beyond ASCII",
    "ntfy://": "names nobody",
    "ntfy://" + "a" * 3000: "longer than 2000",
    "ntfy://[::1": "cannot be read",
    "topic": '"" is not served',
}


@pytest.mark.parametrize("to", GOOD)
def test_an_address_that_is_served_is_understood_by_apprise_too(to):
    assert channel.check(to, {}) is None
    assert _service(apprise, to) is not None


@pytest.mark.parametrize(("to", "words"), BAD.items())
def test_what_could_do_harm_is_refused_with_its_name_and_no_secret(to, words):
    complaint = channel.check(to, {})
    assert complaint is not None
    assert words.replace("has  X-Header", "has ") in complaint
    assert "passwd" not in complaint
    assert "pass@" not in complaint


def _plugins():
    from apprise.manager_plugins import NotificationManager

    for plugin in NotificationManager().plugins():
        for names in (plugin.protocol, plugin.secure_protocol):
            for name in [names] if isinstance(names, str) else names or ():
                yield name, plugin


def test_the_services_that_are_served_exist_and_only_the_hosted_have_a_host_in_their_address():
    plugins = dict(_plugins())
    assert plugins.keys() >= VENDORS | HOSTED
    for name in VENDORS:
        assert not any("{host}" in template for template in plugins[name].templates), name
        assert plugins[name].notify_url.startswith("https://"), name
    for name in HOSTED:
        assert any("{host}" in template for template in plugins[name].templates), name


def test_a_service_gets_one_try_with_certificates_and_no_redirects():
    service = _service(apprise, "ntfys://ntfy.example/topic")
    assert (service.verify_certificate, service.redirects, service.overflow_mode) == (True, False, "split")
    assert _service(apprise, "ntfys://ntfy.example/topic?verify=no") is None
    assert _service(apprise, "ntfys://ntfy.example/topic?redirect=yes") is None


def test_the_letter_is_a_title_and_lines_and_its_address_is_shown_by_no_repr(letter_of, row_of):
    made = channel.compose(letter_of(), row_of("apprise", to="ntfys://ntfy.example/hush-hush"))
    assert isinstance(made, Push)
    assert made.title == "[NATO] Perundingan pakta pertahanan"
    assert made.body.splitlines()[:2] == [
        "Perundingan pakta pertahanan",
        "“Sekjen NATO-nya tiba di Kyiv.”",
    ]
    assert made.body.splitlines()[-1] == "https://news.example.id/a?b=1&c=2"
    assert "hush" not in repr(made)


def test_many_articles_and_a_plainer_form_are_told_by_title_and_link(letter_of, item_of, row_of):
    items = [item_of(article=n) for n in range(4)]
    assert "“" not in channel.compose(letter_of(*items, kind="digest"), row_of("apprise")).body
    assert "“" not in channel.compose(letter_of(simpler=1), row_of("apprise")).body


def test_a_notice_is_told_without_articles(letter_of, row_of):
    from dataclasses import replace

    letter = replace(letter_of(), items=(), kind="article", notice=("Mail is held.", "Set PANTAU_SMTP_URL."))
    assert channel.compose(letter, row_of("apprise")).body == "Mail is held.\nSet PANTAU_SMTP_URL."


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Reply(200, {}, b"accepted", ""), Sent()),
        (Failure("not_taken", "failure", written=True), Unsure("not_taken")),
        (Failure("timeout", "", written=True), Unsure("timeout")),
        (Failure("not_installed", ""), Blocked("apprise_not_installed", "channel")),
        (Failure("blocked", "127.0.0.1"), Blocked("blocked", "channel")),
        (Failure("bad_url", ""), Blocked("bad_url", "channel")),
    ],
)
def test_what_apprise_says_has_its_meaning(answer, verdict):
    assert channel.judge(answer) == verdict


@pytest.mark.servers
def test_without_the_library_everything_is_held_and_goes_once_it_is_there(kit, rows, monkeypatch):
    import asyncio

    from alerts import push
    from alerts.desks.send import Outbox, send
    from worker.http import Web

    rows.announced(
        rows.channel(to="ntfy://topic", kind="apprise"), rows.subscription(), rows.topic(), rows.feed()
    )
    monkeypatch.setattr(push, "_library", lambda: None)
    kit.web = Web()
    outbox = Outbox(kit, None)
    asyncio.run(send(outbox, seconds=0.5))
    assert rows.one("SELECT state, attempts FROM deliveries") == ("held", 0)
    assert "apprise_not_installed" in rows.one("SELECT reason FROM deliveries")

    monkeypatch.setattr(push, "_push", lambda _message, _allow: Reply(200, {}, b"accepted", ""))
    rows.change("UPDATE circuits SET probe_at = now() - interval '1 second'")
    asyncio.run(send(outbox, seconds=2))
    assert rows.one("SELECT state FROM deliveries") == "sent"
    assert rows.all("SELECT name FROM circuits") == []
