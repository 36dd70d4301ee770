"""The one scene that must always work, on a newsroom that the code has never seen."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from ops.newsroom import Accept, MailSink, Refuse, Revision, Script, SlackSink

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

TENTH = "Seorang diplomat menyebut NATO tidak akan menambah pasukan selama perundingan berlangsung."


def bold_words(payload: object) -> list[str]:
    """Every text that a Slack message shows in bold, links left out."""
    if isinstance(payload, dict):
        own = (
            [payload["text"]]
            if payload.get("type") == "text" and (payload.get("style") or {}).get("bold")
            else []
        )
        return own + [word for value in payload.values() for word in bold_words(value)]
    if isinstance(payload, list):
        return [word for value in payload for word in bold_words(value)]
    return []


def test_an_article_whose_nato_stands_only_in_the_body_is_told_once_with_its_sentence(
    world, story, eventually
):
    w = world(
        (
            story("lama", "Kapal gandum Ukraina tiba di Surabaya", age=timedelta(hours=3)),
            story("perundingan", "Perundingan cegah invasi Ukraina digelar", TENTH),
            story("kotak", "Harga cabai naik di pasar induk", related=("KTT NATO dibuka di Brussel",)),
            story("sesudah", "Ukraina umumkan jadwal pemilu daerah"),
        )
    )
    w.machine.start()
    eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")

    w.newsroom.publish("kotak")
    w.newsroom.publish("perundingan")
    eventually(lambda: w.told_everywhere("perundingan"), 90, "both receivers hear of it")

    message = next(m for m in w.slack.accepted if "perundingan" in str(m.payload))
    assert "NATO" in bold_words(message.payload)
    assert TENTH in message.text.replace("*", "")
    assert "Sentra Niaga" in message.text
    assert "NATO" in message.text
    assert "Ukraina" in message.text
    mail = next(m for m in w.mail.accepted if "/perundingan" in m.text)
    assert TENTH in " ".join(re.sub(r"(?m)^> ", "", mail.text.replace("*", "")).split())
    assert mail.message["To"] == "dewi@risk.example"

    w.newsroom.edit(
        "perundingan",
        Revision("Perundingan cegah invasi Ukraina ditunda", ("Naskah baru: NATO menunggu.",) * 3),
    )
    eventually(
        lambda: w.slack_told("lama") == 1 and w.mail_told("lama") == 1, 90, "the backlog comes as one summary"
    )

    w.machine.stop()
    w.machine.start()
    w.newsroom.publish("sesudah")
    eventually(lambda: w.told_everywhere("sesudah"), 90, "news after a restart")

    for slug, told in {"perundingan": 1, "lama": 1, "sesudah": 1, "kotak": 0}.items():
        assert (w.slack_told(slug), w.mail_told(slug)) == (told, told), slug
    assert len(w.slack.accepted) == 3

    audit = w.machine.audit()
    assert audit["lost"] == audit["doubled"] == audit["possible_repeats"] == 0
    assert audit["alerts"] == audit["sent"] + audit["suppressed"]
    latency = w.machine.status()["latency"]["seen_to_sent"]
    assert latency["n"] >= 4
    assert latency["p50"] is not None


def test_two_receivers_in_trouble_get_everything_once_they_are_well(world, story, eventually):
    slack = SlackSink(
        Script(anybody=(Refuse(429, "rate_limited", 2), Accept(), Refuse(500, "internal_error")))
    )
    mail = MailSink(Script(anybody=(Refuse(451, "4.3.0 try later"),)))
    w = world(
        tuple(story(f"berita-{n}", f"Kabar {n} dari Ukraina") for n in range(4)), slack=slack, mail=mail
    )
    w.machine.start()
    eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")
    for n in range(4):
        w.newsroom.publish(f"berita-{n}")
    eventually(lambda: all(w.told_everywhere(f"berita-{n}") for n in range(4)), 60, "everything arrives")
    eventually(lambda: w.machine.audit()["waiting"] == 0, 90, "nothing waits")
    audit = w.machine.audit()
    assert audit["lost"] == audit["doubled"] == 0
    assert audit["possible_repeats"] == 1  # the 500 may have been a message that was stored
    order = [n for message in slack.accepted for n in range(4) if f"/berita-{n}" in str(message.payload)]
    assert order == sorted(order)


def test_a_broken_watchlist_changes_nothing_and_a_change_is_acted_on_within_seconds(world, story, eventually):
    w = world((story("gempa", "Gempa kecil di Alor"), story("susulan", "Gempa susulan di Alor")))
    w.machine.start()
    eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")
    before = w.machine.run("export").stdout

    broken = w.machine.watchlist.with_name("broken.toml")
    broken.write_text(w.machine.watchlist.read_text().replace('"@nato"', '"(nato"'))
    refused = w.machine.run("apply", str(broken), check=False)
    assert refused.returncode == 65
    assert "never closed" in refused.stderr
    assert w.machine.run("export").stdout == before

    changed = w.machine.watchlist.with_name("changed.toml")
    changed.write_text(w.machine.watchlist.read_text().replace('"@nato"', '"gempa"'))
    applied = json.loads(w.machine.run("apply", str(changed), "--json").stdout)
    assert [item["key"] for item in applied["changed"]] == ["NATO"]
    w.newsroom.publish("gempa")
    eventually(lambda: w.told_everywhere("gempa"), 90, "the changed topic is matched")
    assert json.loads(w.machine.run("apply", str(changed), "--json").stdout)["changed"] == []
