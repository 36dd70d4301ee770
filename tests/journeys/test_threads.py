"""A story on a channel with threads: one message, the other outlets below it, and a counter that nobody is rung for."""

from __future__ import annotations

import pytest

from ops.newsroom import HangUp, Script, SlackApi, running

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

ROOM = "C0JOURNEY"
TALKS = (
    "Perundingan antara Ukraina dan Rusia digelar di Jenewa pada Selasa dengan penengah dari Turki.",
    "Utusan NATO hadir sebagai pengamat, dan Presiden Zelensky menyatakan menunggu hasilnya di Kyiv.",
)


def test_a_second_outlet_is_a_reply_and_a_lost_answer_is_found(world, story, eventually):
    slack = SlackApi(Script(anybody=(HangUp(accepted=True),)))
    with running(slack.app()) as workspace:
        w = world(
            (
                story("jenewa", "Perundingan Ukraina dan Rusia dimulai di Jenewa, NATO mengamati", *TALKS),
                story("jenewa-2", "Perundingan Ukraina dan Rusia dibuka di Jenewa disaksikan NATO", *TALKS),
            ),
            slack_room=ROOM,
            more={"PANTAU_SLACK_API": f"{workspace}/api", "PANTAU_SLACK_TOKEN": slack.token},
        )
        w.machine.start()
        eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")
        w.newsroom.publish("jenewa")
        eventually(lambda: len(slack.roots) == 1, 90, "the first article opens the story")
        eventually(lambda: w.machine.audit()["sent"] >= 2, 90, "the lost answer is found in the channel")
        w.newsroom.publish("jenewa-2")
        eventually(lambda: len(slack.replies) == 1, 90, "the second is a reply")
        eventually(lambda: len(slack.updates) >= 1, 90, "the first message is updated")

    (root,) = slack.roots
    assert slack.replies[0].thread == root.ts
    assert "/jenewa-2" in str(slack.replies[0].payload)
    (standing, _) = slack.standing(ROOM)
    assert standing.edited >= 1
    audit = w.machine.audit()
    assert audit["lost"] == audit["doubled"] == audit["possible_repeats"] == 0
    why = w.machine.run("why", f"{w.site}/sentra/news/jenewa-2").stdout
    assert "follow-up of “Perundingan Ukraina dan Rusia dimulai" in why
