"""Channels changed where they stand, at the page and by programs: secrets replaced unseen, owners asked anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.ops.dashboard.api.conftest import Program, token_of
from tests.ops.dashboard.test_people import (
    HOSTILE,
    KEY,
    add_channel,
    logged_in_over_https,
    notes,
    number_in,
    people,
    rows,
    send,
    settings,
    site,
    topic,
    under,
    visitor,
)
from worker.secrets import KeyRing

pytestmark = pytest.mark.servers

__all__ = ["people", "settings", "site", "token_of"]  # fixtures
HOOK = "https://hooks.slack.com/services/T0/B0/hush"
OTHER = "https://hooks.slack.com/services/T0/B0/whisper"
MAIL = {"target_kind": "email", "target": "rina@example.org"}


def opened(engine: Engine, field: str = "target") -> Any:
    (row,) = rows(engine, "SELECT * FROM channels WHERE removed_at IS NULL")
    return KeyRing.of((KEY,)).open(row[field], f"channel:{row['name']}:{field}").reveal()


def change(known: Any, number: int, **fields: str) -> Any:
    way = f"/channels/{number}/edit"
    return send(known, way, form=way, **{"name": "desk", "language": "en", "target": "", **fields})


def waits(engine: Engine, channel: int, reason: str = "refused") -> None:
    """A message that is held, because the channel lets nothing through."""
    with engine.begin() as connection:
        for statement in (
            """INSERT INTO deliveries (channel_id, kind, bundle, state, due_at, on_doubt, expires_at)
               VALUES (:n, 'article', 'article:1', 'held', now(), 'resend', now() + interval '1 day')""",
            "INSERT INTO circuits (name, reason, probe_at) VALUES ('channel:' || :n, :reason, now())",
        ):
            connection.execute(text(statement.replace(":n", str(channel))), {"reason": reason})


def test_a_secret_address_is_replaced_unseen_and_what_waits_keeps_its_place(
    site: Any, engine: Engine
) -> None:
    known = visitor(site)
    number = number_in(add_channel(known))
    waits(engine, number)
    form = known.get(f"/channels/{number}/edit")
    assert "hooks.slack.com/…" in form.text
    assert "hush" not in form.text
    gone = change(known, number, target=OTHER, language="id")
    assert gone.headers["location"] == f"/channels/{number}?did=changed"
    assert opened(engine) == OTHER
    (row,) = rows(engine, "SELECT id, options, target_ref FROM channels")
    assert (row["id"], row["options"]) == (number, {"language": "id"})
    assert rows(engine, "SELECT channel_id, state FROM deliveries") == [
        {"channel_id": number, "state": "held"}
    ]
    assert rows(engine, "SELECT * FROM circuits") == []  # the send desk takes up what was held
    assert notes(engine)[-1] == ("edi", "changed", "channel", "desk")
    told = str(rows(engine, "SELECT before, after FROM audit_log"))
    assert "hush" not in told + known.get(f"/channels/{number}").text
    assert "whisper" not in told
    again = change(known, number, language="id")
    assert again.status == 303
    assert len(notes(engine)) == 2  # nothing was changed
    assert opened(engine) == OTHER


def test_what_waits_for_a_word_after_a_restore_waits_on(site: Any, engine: Engine) -> None:
    known = visitor(site)
    number = number_in(add_channel(known))
    waits(engine, number, "restored")
    assert change(known, number, target=OTHER).status == 303
    assert [row["reason"] for row in rows(engine, "SELECT reason FROM circuits")] == ["restored"]


def test_it_is_renamed_with_its_secrets_and_its_subscriptions(site: Any, engine: Engine) -> None:
    known = visitor(site)
    hook = {"name": "risk", "target_kind": "webhook", "target": "https://risk.example/hush"}
    number = number_in(add_channel(known, **hook, secret="whsec_c2lnbmluZw=="))
    topic(engine)
    fields = {"name": "all", "topics": "NATO", "channels": "risk", "when_now": "on", "timezone": "UTC"}
    fields |= {"wait": "0s", "group": "story", "cap_per_hour": "12", "on_doubt": "resend"}
    assert send(known, "/subscriptions/new", **fields).status == 303
    assert change(known, number, name="resiko").status == 303
    assert opened(engine) == "https://risk.example/hush"
    assert opened(engine, "secret") == "whsec_c2lnbmluZw=="
    assert rows(engine, "SELECT channels FROM subscriptions") == [{"channels": ["resiko"]}]
    assert change(known, number, name="resiko", secret="whsec_b3RoZXI=").status == 303
    assert opened(engine, "secret") == "whsec_b3RoZXI="
    assert change(known, number, name="resiko", unsigned="on").status == 303
    assert rows(engine, "SELECT secret, secret_ref FROM channels") == [{"secret": None, "secret_ref": None}]


def test_what_cannot_be_is_said_under_its_field_and_changes_nothing(site: Any, engine: Engine) -> None:
    known = visitor(site)
    number = number_in(add_channel(known))
    number_in(add_channel(known, name="other", target=OTHER))
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO subscriptions (name, topics, channels, declared)
                    VALUES ('file', '{NATO}', '{desk}', true)""")
        )
    for fields, field, words in (
        ({"name": ""}, "name", "is empty"),
        ({"name": "new"}, "name", "subscriptions lead to it by its name"),
        ({"target": "ftp://x"}, "target", "is not a web address"),
        ({"target": "env:HOOK"}, "target", "works in a watchlist only"),
        ({"language": "xx"}, "language", "is not known"),
    ):
        refused = change(known, number, **fields)
        assert words in under(refused, field), fields
    assert "already" in under(change(known, number + 1, name="desk"), "name")
    hostile = change(known, number, name=HOSTILE * 10, target=f"{OTHER}-typed")
    assert hostile.status == 422
    assert "<script>alert" not in hostile.text
    assert "-typed" not in hostile.text
    assert "type it again" in hostile.text
    assert [row["name"] for row in rows(engine, "SELECT name FROM channels ORDER BY id")] == ["desk", "other"]
    assert len(notes(engine)) == 2
    assert known.get("/channels/99999/edit").status == 404
    assert send(known, "/channels/99999/edit", form=f"/channels/{number}/edit", name="x").status == 404


def test_the_owner_of_another_address_is_asked_and_hears_nothing_before(site: Any, engine: Engine) -> None:
    site.context.public_url = "https://news.example"
    known = logged_in_over_https(site)
    number = number_in(add_channel(known, **MAIL))
    with engine.begin() as connection:
        connection.execute(text("UPDATE channels SET bounces = 2, bounced_on = current_date"))
        connection.execute(text("UPDATE confirmations SET state = 'sent'"))
        connection.execute(
            text("INSERT INTO addresses (address, confirmed_at) SELECT address, now() FROM channels")
        )
    (before,) = rows(engine, "SELECT address FROM channels")
    form = known.get(f"/channels/{number}/edit").text
    assert "ri…@example.org" in form
    assert "rina@example.org" not in form
    same = change(known, number, target="Rina@example.org")
    assert same.headers["location"].endswith("did=changed")
    gone = change(known, number, target="budi@example.org")
    assert gone.headers["location"].endswith("did=asked_anew")
    (row,) = rows(engine, "SELECT address, bounces, bounced_on FROM channels")
    assert row["address"] != before["address"]
    assert (row["bounces"], row["bounced_on"]) == (0, None)
    asked = rows(engine, "SELECT channel_id, address, state FROM confirmations ORDER BY id")
    assert asked[1:] == [{"channel_id": number, "address": row["address"], "state": "due"}]
    assert "waits for its owner" in known.get(f"/channels/{number}").text
    assert "budi@example.org" not in str(rows(engine, "SELECT before, after FROM audit_log"))
    number_in(add_channel(known, name="rina", **MAIL))
    assert "leads to this mailbox already" in under(
        change(known, number, target="rina@example.org"), "target"
    )


def test_who_may_not_and_what_a_file_declares(site: Any, engine: Engine) -> None:
    known = visitor(site)
    number = number_in(add_channel(known))
    vera = visitor(site, "vera")
    assert f"/channels/{number}/edit" not in vera.get(f"/channels/{number}").text
    assert vera.get(f"/channels/{number}/edit").status == 403
    token = {"csrf": vera.get(f"/channels/{number}").csrf, "name": "x"}
    assert vera.post(f"/channels/{number}/edit", token).status == 403
    assert known.post(f"/channels/{number}/edit", {**token, "csrf": "x"}).status == 403
    with engine.begin() as connection:
        connection.execute(text("UPDATE channels SET declared = true"))
    assert f"/channels/{number}/edit" not in known.get(f"/channels/{number}").text
    assert known.get(f"/channels/{number}/edit").status == 403
    declared = {"csrf": known.get("/channels/new").csrf, "name": "x", "language": "en"}
    assert known.post(f"/channels/{number}/edit", declared).status == 403
    assert opened(engine) == HOOK


def test_a_program_changes_a_channel_it_has_seen(site: Any, engine: Engine, token_of: Any) -> None:
    writer = Program(site.visitor(), token_of("write"))
    made = writer.post("/channels", {"name": "desk", "slack": HOOK})
    path = f"/channels/{made.json['id']}"
    tag = writer.get(path).headers["etag"]
    assert writer.patch(path, {"slack": OTHER}).status == 428
    saved = writer.patch(path, {"slack": OTHER, "language": "id"}, **{"if-match": tag})
    assert (saved.status, saved.json["language"], saved.json["asks_owner"]) == (200, "id", False)
    assert opened(engine) == OTHER
    assert writer.patch(path, {"name": "x"}, **{"if-match": tag}).status == 412
    next_tag = {"if-match": saved.headers["etag"]}  # of the answer itself: no look in between
    renamed = writer.patch(path, {"name": "meja"}, **next_tag)
    assert (renamed.status, renamed.json["name"], renamed.json["language"]) == (200, "meja", "id")
    assert opened(engine) == OTHER
    whatever = {"if-match": "*"}
    other_kind = writer.patch(path, {"webhook": "https://risk.example/x"}, **whatever)
    assert (other_kind.status, other_kind.json["errors"][0]["pointer"]) == (422, "#/webhook")
    unsigned = writer.patch(path, {"secret": "x"}, **whatever)
    assert (unsigned.status, unsigned.json["errors"][0]["pointer"]) == (422, "#/secret")
    assert writer.patch(path, {"kind": "email"}, **whatever).status == 422
    assert writer.patch("/channels/99999", {"name": "x"}, **whatever).status == 404
    reader = Program(site.visitor(), token_of("read"))
    assert reader.patch(path, {"name": "x"}, **whatever).status == 403
    with engine.begin() as connection:
        connection.execute(text("UPDATE channels SET declared = true"))
    assert writer.patch(path, {"name": "x"}, **whatever).status == 409


def test_what_is_changed_is_answered_with_the_tag_for_the_next_change(
    site: Any, engine: Engine, token_of: Any
) -> None:
    writer = Program(site.visitor(), token_of("write"))
    topic_made = writer.post("/topics", {"name": "NATO", "query": "nato"})
    topic_path = f"/topics/{topic_made.json['id']}"
    saved = writer.put(topic_path, {"name": "NATO", "query": "nato OR pakta"}, **{"if-match": "*"})
    again = writer.put(topic_path, {"name": "NATO", "query": "nato"}, **{"if-match": saved.headers["etag"]})
    assert (saved.status, again.status) == (200, 200)
    assert again.headers["etag"].split("-")[0] == writer.get(topic_path).headers["etag"].split("-")[0]
    writer.post("/channels", {"name": "desk", "slack": HOOK})
    made = writer.post("/subscriptions", {"topics": ["NATO"], "channels": ["desk"]})
    path = f"/subscriptions/{made.json['id']}"
    paused = writer.post(f"{path}/pause", None, **{"if-match": made.headers["etag"]})
    put = writer.put(
        path, {"topics": ["NATO"], "channels": ["desk"], "wait": "5m"}, **{"if-match": paused.headers["etag"]}
    )
    assert (paused.status, put.status) == (200, 200)
    feed = writer.post("/feeds", {"url": "https://kabar.example/rss"})
    feed_path = f"/feeds/{feed.json['id']}"
    named = writer.patch(feed_path, {"name": "Kabar"}, **{"if-match": "*"})
    assert writer.patch(feed_path, {"tags": ["a"]}, **{"if-match": named.headers["etag"]}).status == 200
