from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import Blocked, Later, Sent, Simpler, Unsure
from alerts.channels._slack_blocks import escaped
from alerts.channels.slack_webhook import channel
from alerts.model import Thread
from ops.newsroom.slack_rules import fault
from worker.wire import Failure, Reply, Request

Make = Callable[..., Any]


def message(letter: Any, row: Any) -> dict[str, Any]:
    request = channel.compose(letter, row)
    assert isinstance(request, Request)
    sent: dict[str, Any] = json.loads(request.body)
    return sent


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def answered(status: int, body: str) -> Reply:
    return Reply(status, {}, body.encode(), "https://hooks.slack.com/services/x")


def test_an_article_shows_title_sentence_source_and_times(letter_of: Make, row_of: Make) -> None:
    body, context = message(letter_of(), row_of("slack_webhook"))["blocks"]
    title, quote = body["elements"]
    assert title["elements"] == [
        {
            "type": "link",
            "text": "Perundingan pakta pertahanan",
            "url": "https://news.example.id/a?b=1&c=2",
            "style": {"bold": True},
        }
    ]
    assert quote["type"] == "rich_text_quote"
    assert quote["elements"] == [
        {"type": "text", "text": "Sekjen "},
        {"type": "text", "text": "NATO", "style": {"bold": True}},
        {"type": "text", "text": "-nya tiba di Kyiv."},
    ]
    assert [element["text"] for element in context["elements"]] == [
        "Harian Contoh",
        "<!date^1795417260^{date_short_pretty} {time}|14:01>",
        "NATO",
        "2 min after publication",
    ]


def test_the_notification_names_the_topic_and_nothing_unfurls(letter_of: Make, row_of: Make) -> None:
    sent = message(letter_of(), row_of("slack_webhook"))
    assert sent["text"] == "[NATO] Perundingan pakta pertahanan"
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)
    assert not {"link_names", "parse"} & sent.keys()
    backlog = message(letter_of(kind="backlog"), row_of("slack_webhook"))
    assert backlog["text"] == "1 article that was already in the feeds you added — NATO"


def test_the_plainer_form_is_text_alone(letter_of: Make, row_of: Make) -> None:
    sent = message(letter_of(simpler=1), row_of("slack_webhook"))
    assert "blocks" not in sent
    assert sent["text"].splitlines() == [
        "[NATO] Perundingan pakta pertahanan",
        "• <https://news.example.id/a?b=1&amp;c=2|Perundingan pakta pertahanan>",
        "> Sekjen NATO-nya tiba di Kyiv.",
        "Harian Contoh · 14:01 · NATO · 2 min after publication",
    ]


HOSTILE = "<!channel> <!here|x> <@U1> <#C1> <https://evil.example|bank> https://evil.example/x &lt;!here&gt;"


@pytest.mark.parametrize("simpler", [0, 1])
@pytest.mark.parametrize("kind", ["article", "digest", "backlog"])
@pytest.mark.parametrize("count", [1, 12])
def test_no_foreign_text_is_ever_read_as_markup(
    letter_of: Make, item_of: Make, row_of: Make, simpler: int, kind: Any, count: int
) -> None:
    item = item_of(title=HOSTILE, quote=HOSTILE, source=HOSTILE, topics=(HOSTILE,))
    letter = letter_of(
        *[item] * count, kind=kind, topics=(HOSTILE,), subscriptions=(HOSTILE,), simpler=simpler
    )
    sent = message(letter, row_of("slack_webhook"))
    parsed = [sent["text"], *(node["text"] for node in nodes(sent) if node.get("type") == "mrkdwn")]
    ours = re.compile(
        r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>|<https://news\.example\.id/[^<>|]*\|[^<>]*>"
    )
    for text in parsed:
        assert not re.search(r"[<>]", ours.sub("", text).replace("\n> ", "\n"))
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert "https://evil" not in text
    assert {node["type"] for node in nodes(sent) if "type" in node} <= {
        *("rich_text", "rich_text_section", "rich_text_quote", "rich_text_list", "text", "link"),
        *("context", "plain_text", "mrkdwn"),
    }
    assert {node["url"] for node in nodes(sent) if "url" in node} <= {item.url}


@pytest.mark.parametrize("count", [1, 10, 11, 200, 3000])
def test_slacks_limits_hold_for_the_longest_texts(
    letter_of: Make, item_of: Make, row_of: Make, count: int
) -> None:
    long = "&<панjang> " * 9000
    url = "https://news.example.id/" + "a" * 2900
    items = [item_of(title=long, quote=long, source=long, topics=(long,) * 30, url=url)] * count
    sent = message(
        letter_of(*items, kind="digest", topics=(long,) * 30, possible_repeat=True), row_of("slack_webhook")
    )
    assert len(sent["blocks"]) <= 50
    assert len(sent["text"]) <= 3000
    for node in nodes(sent):
        if node.get("type") == "context":
            assert 1 <= len(node["elements"]) <= 10
        if node.get("type") in ("text", "link", "plain_text", "mrkdwn"):
            assert 1 <= len(node["text"]) <= 3000
        assert len(node.get("url", "")) <= 3000
    assert (
        len(message(letter_of(*items, kind="digest", simpler=1), row_of("slack_webhook"))["text"]) <= 40_000
    )


@pytest.mark.parametrize("simpler", [0, 1])
def test_what_does_not_fit_is_counted(letter_of: Make, item_of: Make, row_of: Make, simpler: int) -> None:
    items = [item_of(title=f"Artikel {n:05}", url=f"https://news.example.id/{n:05}") for n in range(3000)]
    words = json.dumps(message(letter_of(*items, kind="backlog", simpler=simpler), row_of("slack_webhook")))
    blocks = message(letter_of(*[item_of(title="x", source="", topics=())] * 3000), row_of("slack_webhook"))[
        "blocks"
    ]
    assert len(blocks) <= 50
    told = len(set(re.findall(r"news\.example\.id/(\d{5})", words)))
    assert told >= 500
    assert f"and {3000 - told} more" in words


def digest_of(letter_of: Make, item_of: Make, count: int, **facts: Any) -> Any:
    """Articles of many topics and stories, as crowded as a digest gets."""
    items = [
        item_of(
            article=n,
            title=f"Artikel {n:03}: " + "judul " * 30,
            url=f"https://news.example.id/{n:03}",
            source="Harian " * 8,
            topics=tuple(f"Topik {t} " + "kata " * 9 for t in (n % 60, n % 7)),
            story=n // 3 if n % 5 else None,
        )
        for n in range(count)
    ]
    return letter_of(*items, **{"kind": "digest", "topics": (), "possible_repeat": True, **facts})


@pytest.mark.parametrize("kind", ["digest", "quiet", "rollup", "backlog", "followup", "article"])
@pytest.mark.parametrize("count", [10, 11, 200])
def test_slack_takes_a_crowded_digest_that_names_every_article(
    letter_of: Make, item_of: Make, row_of: Make, kind: Any, count: int
) -> None:
    sent = message(digest_of(letter_of, item_of, count, kind=kind), row_of("slack_webhook"))
    assert fault(sent) is None
    told = [node["url"] for node in nodes(sent) if node.get("type") == "link"]
    assert sorted(told) == [f"https://news.example.id/{n:03}" for n in range(count)]


def test_no_block_of_a_list_holds_more_than_a_section_may(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    sent = message(digest_of(letter_of, item_of, 200), row_of("slack_webhook"))
    for block in sent["blocks"]:
        if block["type"] == "rich_text":
            assert sum(len(node.get("text", "")) for node in nodes(block)) <= 3000
            assert len([node for node in nodes(block) if node.get("type") == "link"]) <= 25


def test_a_section_stands_above_its_stories_and_further_articles_below_their_first(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [
        item_of(article=n, title=f"T{n}", topics=(topic,), story=story)
        for n, (topic, story) in enumerate(
            [("NATO", 1), ("Kyiv", None), *[("NATO", 1)] * 2, *[("Kyiv", None)] * 8]
        )
    ]
    sent = message(letter_of(*items, kind="digest", topics=("NATO", "Kyiv")), row_of("slack_webhook"))
    heading, block, *_ = (block for block in sent["blocks"] if block["type"] == "rich_text")
    assert heading["elements"][0]["elements"][0]["text"] == "Digest: 12 articles in 10 stories on NATO, Kyiv"
    shown = [
        (part.get("indent"), [node["text"] for node in nodes(part) if node.get("style") == {"bold": True}])
        for part in block["elements"]
    ]
    assert shown == [
        (None, ["NATO: 3 articles of one story"]),
        (0, ["T0"]),
        (1, ["T2", "T3"]),
        (None, ["Kyiv: 9 articles"]),
        (0, ["T1", *(f"T{n}" for n in range(4, 12))]),
    ]


def test_a_reply_in_the_thread_has_no_heading_and_any_other_follow_up_has(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    thread = Thread(key="1", title="Pertama", remote_id="17.5")
    reply = message(letter_of(kind="followup", thread=thread), row_of("slack_webhook"))["blocks"]
    assert [block["type"] for block in reply] == ["rich_text", "context"]
    alone = letter_of(kind="followup", thread=replace(thread, remote_id=None))
    first = message(alone, row_of("slack_webhook"))["blocks"][0]
    assert first["elements"][0]["elements"][0]["text"] == "1 more on “Pertama”"


def test_words_that_run_right_to_left_are_set_apart_in_every_text(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    item = item_of(title="الناتو NATO", quote="قال NATO", marks=((4, 8),), source="الجزيرة", topics=("كييف",))
    sent = message(letter_of(item, topics=("كييف",)), row_of("slack_webhook"))
    for block in sent["blocks"]:
        for part in block["elements"]:
            words = "".join(node.get("text", "") for node in nodes(part))
            if re.search("[\u0600-\u06ff]", words):
                assert words.count("\u2067") == words.count("\u2069") > 0


@pytest.mark.parametrize(
    ("text", "limit"), [("&" * 5000, 3000), ("<" * 50, 4), ("a&b", 5), ("a&b", 6), ("a&b", 7)]
)
def test_cutting_never_splits_an_entity(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert len(shown) <= limit
    assert re.fullmatch(r"(&amp;|&lt;|&gt;|[^&<>])*", shown)


@given(text=st.text(st.sampled_from("&<>ab:/ ж"), max_size=80), limit=st.integers(1, 90))
def test_escaped_text_reads_back_as_what_it_was(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert len(shown) <= limit
    read = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u2060", "")
    assert read == text or (read.endswith("…") and text.startswith(read[:-1]))


ANSWERS = [
    (200, "ok", Sent()),
    (200, "<html>sign in to the hotel's network</html>", Unsure("unexpected_answer")),
    (200, "", Sent()),
    (200, '{"success":true}', Sent()),
    (200, '{"ok":false,"error":"x"}', Unsure("unexpected_answer")),
    (200, "[" * 4000, Unsure("unexpected_answer")),
    (200, "no_text", Unsure("unexpected_answer")),
    (204, "", Unsure("http_204")),
    (400, "invalid_payload", Simpler("invalid_payload")),
    (400, "invalid_blocks", Simpler("invalid_blocks")),
    (400, "something_new", Simpler("something_new")),
    (413, "", Simpler("http_413")),
    (400, "invalid_token", Blocked("invalid_token", "channel")),
    (400, "user_not_found", Blocked("user_not_found", "channel")),
    (403, "action_prohibited", Blocked("action_prohibited", "channel")),
    (404, "no_service", Blocked("no_service", "channel")),
    (410, "channel_is_archived", Blocked("channel_is_archived", "channel")),
    (500, "rollup_error", Later("rollup_error")),
    (503, "service_unavailable", Later("service_unavailable")),
    (500, "internal_error", Unsure("internal_error")),
    (502, "<html>Bad Gateway</html>", Unsure("http_502")),
    (408, "", Unsure("http_408")),
    (418, "teapot", Unsure("teapot")),
]


@pytest.mark.parametrize(("status", "body", "verdict"), ANSWERS)
def test_slacks_answers_are_understood(status: int, body: str, verdict: object) -> None:
    assert channel.judge(answered(status, body)) == verdict


@pytest.mark.parametrize("reason", ["timeout", "reset", "protocol", "too_large"])
def test_after_the_request_was_written_nobody_knows(reason: Any) -> None:
    assert channel.judge(Failure(reason, "", written=True)) == Unsure(reason)
