"""The pages behind the links in mails: looking changes nothing, buttons do, and nobody needs to log in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from alerts.store import addresses, confirmations
from alerts.store.schema import channels, subscriptions
from alerts.tokens import confirm_token, leave_token, manage_token
from worker.secrets import KeyRing, Secret

pytestmark = pytest.mark.servers

KEYS = KeyRing.of(("the key of the installation, long enough",))
ONE_CLICK = b"List-Unsubscribe=One-Click"
INDONESIAN = {"accept_language": "id-ID,id;q=0.9,en;q=0.8"}
Write = Callable[..., "Mailbox"]


@dataclass
class Mailbox:
    """A mailbox with its subscriptions, and the links of its mails."""

    engine: Engine
    address: str
    channel: int
    numbers: dict[str, int]
    links: KeyRing

    @property
    def manage(self) -> str:
        return "/manage/" + manage_token(self.links, self.address)

    def leave(self, *names: str) -> str:
        return "/u/" + leave_token(self.links, self.address, [self.numbers[name] for name in names])

    def confirm(self, asked_at: datetime) -> str:
        return "/confirm/" + confirm_token(self.links, self.address, asked_at)

    def all(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)).scalars())

    @property
    def left(self) -> list[str]:
        return self.all("SELECT subscription FROM departures ORDER BY 1")

    @property
    def said(self) -> list[Any]:
        return self.all("SELECT coalesce(blocked_by, confirmed_at::text, rests_until::text) FROM addresses")


@pytest.fixture
def rina(engine: Engine) -> Write:
    """Makes Rina's channel, with subscriptions of these names."""

    def make(*names: str, declared: bool = True, **options: str) -> Mailbox:
        target = KEYS.seal(Secret("rina@example.org"), "channel:rina:target")
        facts = {
            "name": "rina",
            "kind": "email",
            "target": target,
            "target_ref": "stored:x",
            "fingerprint": "x",
        }
        with engine.begin() as connection:
            channel = connection.execute(
                insert(channels).values(**facts, declared=declared, options=options).returning(channels.c.id)
            ).scalar_one()
            numbers = {}
            for name in names:
                row = {"name": name, "topics": ["NATO"], "channels": ["rina"], "timezone": "Asia/Jakarta"}
                made = insert(subscriptions).values(**row).returning(subscriptions.c.id)
                numbers[name] = connection.execute(made).scalar_one()
            addresses.recognise(connection, KEYS)
            address = addresses.address_of(connection, KEYS, Secret("rina@example.org"))
            links = addresses.link_keys(connection, KEYS)
        return Mailbox(engine, address, channel, numbers, links)

    return make


@pytest.fixture
def site(make_site: Any, database: Secret) -> Any:
    site = make_site(database, public_url="https://pantau.example")
    site.context.keys = KEYS
    return site


def test_looking_at_a_link_changes_nothing(site: Any, rina: Write) -> None:
    box = rina("desk")
    for path in (box.leave("desk"), box.manage, box.confirm(site.context.clock())):
        for method in ("GET", "HEAD"):
            got = site.visitor().ask(method, path, None, {})
            assert (got.status, got.cookies) == (200, ())
            assert (got.text == "") is (method == "HEAD")
    assert (box.left, box.said) == ([], [])


def test_one_click_of_a_mail_program_unsubscribes_however_often(site: Any, rina: Write) -> None:
    box = rina("desk", "other")
    for _ in range(3):
        got = site.visitor().ask("POST", box.leave("desk"), ONE_CLICK, {})
        assert got.status == 200
        assert "You are unsubscribed" in got.text
    assert box.left == ["desk"]
    assert box.all("SELECT via FROM departures") == ["one_click"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://mail.example"},
        {"sec_fetch_site": "cross-site", "origin": "null"},
        {"content_type": "multipart/form-data; boundary=b"},
        {"host": "evil.example"},
    ],
)
def test_one_click_may_come_from_anywhere(site: Any, rina: Write, headers: dict[str, str]) -> None:
    box = rina("desk")
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    got = site.visitor().ask("POST", box.leave("desk"), body, headers)
    assert got.status == 200
    assert "evil" not in got.text
    assert box.all("SELECT via FROM departures") == ["one_click"]


def test_elsewhere_a_form_from_a_foreign_page_is_refused(site: Any, rina: Write) -> None:
    box = rina("desk")
    for path in (box.manage, box.confirm(site.context.clock())):
        got = site.visitor().post(path, {"do": "never"}, origin="https://evil.example")
        assert got.status == 403
    assert box.said == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_forged_token_or_one_for_something_else_is_refused(site: Any, rina: Write, method: str) -> None:
    box = rina("desk")
    leave, manage, confirm = (
        path.rpartition("/")[2] for path in (box.leave("desk"), box.manage, box.confirm(site.context.clock()))
    )
    foreign = leave_token(KeyRing.of(("somebody else's key, long enough",)), box.address, [1])
    paths = [f"/u/{token}" for token in (leave[:-1] + "_", manage, confirm, foreign, "x", "%00", "e" * 900)]
    paths += [f"/manage/{token}" for token in (leave, confirm)]
    paths += [f"/confirm/{token}" for token in (leave, manage)]
    for path in paths:
        got = site.visitor().ask(method, path, b"do=never" if method == "POST" else None, {})
        assert got.status == 400, path
    assert (box.left, box.said) == ([], [])


def test_a_mail_that_came_through_several_subscriptions_leaves_them_all_and_can_be_taken_back(
    site: Any, rina: Write
) -> None:
    box = rina("desk", "nato & co", "third")
    got = site.visitor().ask("POST", box.leave("desk", "nato & co"), b"do=leave", {})
    assert box.left == ["desk", "nato & co"]
    assert "“desk”, “nato &amp; co”" in got.text
    back = re.search(r'action="(/manage/[^"]+)"', got.text)
    assert back is not None
    fields = {"subscription-1": "desk", "subscription-2": "nato & co", "do": "rejoin"}
    got = site.visitor().post(back[1], fields)
    assert (got.status, box.left) == (200, [])
    assert box.all("SELECT count(*) FROM departures") == [0]


def test_the_way_out_works_when_the_channel_and_the_subscription_are_gone(site: Any, rina: Write) -> None:
    box = rina("desk")
    with box.engine.begin() as connection:
        connection.execute(
            text("UPDATE channels SET removed_at = now(); UPDATE subscriptions SET removed_at = now()")
        )
    assert site.visitor().ask("POST", box.leave("desk"), ONE_CLICK, {}).status == 200
    assert box.left == ["desk"]
    got = site.visitor().get(box.manage)
    assert (got.status, "Nothing is sent to this address" in got.text) == (200, True)


def test_the_page_shows_all_that_comes_and_leaves_one_or_all(site: Any, rina: Write) -> None:
    box = rina("desk", "pagi", "<b>bold</b>")
    visitor = site.visitor()
    page = visitor.get(box.manage)
    assert "This is what pantau.example sends to ri…@example.org." in page.text
    assert "rina@example.org" not in page.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
    visitor.post(box.manage, {"subscription": "<b>bold</b>", "do": "leave"})
    assert box.left == ["<b>bold</b>"]
    page = visitor.post(box.manage, {"subscription": "not theirs", "do": "leave"})
    assert box.left == ["<b>bold</b>"]
    page = visitor.post(box.manage, {"do": "leave"})
    assert box.left == ["<b>bold</b>", "desk", "pagi"]
    assert "Subscribe again" in page.text
    assert "Pause" not in page.text


def test_a_pause_is_kept_shown_and_ended(site: Any, rina: Write) -> None:
    box = rina("desk")
    visitor = site.visitor()
    page = visitor.post(box.manage, {"do": "pause_day"})
    assert "The pause has begun." in page.text
    assert "(Asia/Jakarta)" in page.text
    (until,) = box.all("SELECT rests_until FROM addresses")
    assert timedelta(hours=23) < until - site.context.clock() <= timedelta(days=1)
    page = visitor.post(box.manage, {"do": "resume"})
    assert "The pause is over" in page.text
    assert box.all("SELECT rests_until FROM addresses") == [None]


def test_never_again_is_theirs_to_take_back(site: Any, rina: Write) -> None:
    box = rina("desk")
    visitor = site.visitor()
    page = visitor.post(box.manage, {"do": "never"})
    assert "whoever adds it" in page.text
    assert box.said == ["recipient"]
    page = visitor.post(box.manage, {"do": "unblock"})
    assert box.said == [None]
    assert "You may be written to again." in page.text


def test_what_an_administrator_blocked_only_an_administrator_unblocks(site: Any, rina: Write) -> None:
    from alerts.store import consent

    box = rina("desk")
    with box.engine.begin() as connection:
        consent.block(connection, box.address, "operator")
    page = site.visitor().post(box.manage, {"do": "unblock"})
    assert "The administrator has decided" in page.text
    assert box.said == ["operator"]


def test_a_deed_that_no_button_does_does_nothing(site: Any, rina: Write) -> None:
    box = rina("desk")
    for deed in ("", "drop", "rejoin'; --", "confirm"):
        assert site.visitor().post(box.manage, {"do": deed}).status == 200
    assert (box.left, box.said) == ([], [])


def test_who_is_invited_says_yes_once_and_for_all(site: Any, rina: Write) -> None:
    box = rina("desk", declared=False)
    with box.engine.begin() as connection:
        confirmations.ask(connection, box.channel, box.address)  # type: ignore[arg-type]
    link, visitor = box.confirm(site.context.clock()), site.visitor()
    assert "Do you want to hear of this?" in visitor.get(link).text
    assert box.said == []
    for _ in range(2):
        assert "it is confirmed" in visitor.post(link, {"do": "confirm"}).text
    (when,) = box.said
    assert when is not None
    assert "it is confirmed" in visitor.get(link).text


def test_who_is_invited_says_never(site: Any, rina: Write) -> None:
    box = rina("desk", declared=False)
    link = box.confirm(site.context.clock())
    assert "Nothing is written to this address any more" in site.visitor().post(link, {"do": "never"}).text
    site.visitor().post(link, {"do": "confirm"})
    assert box.said == ["recipient"]
    assert box.all("SELECT confirmed_at FROM addresses") == [None]


def test_after_48_hours_the_link_says_so_and_confirms_nothing(site: Any, rina: Write) -> None:
    box = rina("desk", declared=False)
    link = box.confirm(site.context.clock() - timedelta(hours=48, seconds=1))
    for got in (site.visitor().get(link), site.visitor().post(link, {"do": "confirm"})):
        assert "This link is too old" in got.text
    assert box.said == []


@pytest.mark.parametrize(
    ("options", "headers", "language"),
    [
        ({}, {}, "en"),
        ({}, INDONESIAN, "id"),
        ({"language": "en"}, INDONESIAN, "en"),
        ({"language": "id"}, {}, "id"),
        ({}, {"accept_language": "ru, *;q=0.1"}, "en"),
        ({}, {"accept_language": "in;q=1"}, "id"),
        ({}, {"accept_language": "x" * 8000 + ",;;q=,"}, "en"),
    ],
)
def test_the_pages_speak_the_readers_language(
    site: Any, rina: Write, options: dict[str, str], headers: dict[str, str], language: str
) -> None:
    box = rina("desk", **options)
    page = site.visitor().get(box.manage, **headers).text
    assert f'<html lang="{language}">' in page
    assert ("Yang Anda dengar" in page) is (language == "id")


def test_a_link_that_does_not_work_says_so_in_the_readers_language(site: Any) -> None:
    assert "Tautan ini tidak berfungsi" in site.visitor().get("/u/kaput", **INDONESIAN).text


def test_without_keys_no_page_is_there(make_site: Any, database: Secret) -> None:
    assert make_site(database).visitor().get("/u/x").status == 404
