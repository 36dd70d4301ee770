"""Every message for Slack, by hook and by bot, passes the models of Slack's own library and the limits it documents."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata

from alerts.channels import channels
from alerts.letter import safe_link
from alerts.model import Coverage, DeliveryKind, Thread
from ops.newsroom.slack_rules import fault
from worker.wire import Request

Make = Callable[..., Any]
BY = ("slack_webhook", "slack_bot")
OURS = "https://news.example.id/a?b=1&c=2"
HOSTILE = [
    "<!channel> <@U1> <https://evil.example|bank> *x* :boom: <!here|x> <#C1> <!subteam^S1>",
    "&" * 5000,
    "&<>" * 5000,
    "a\r\nb\0c\u2028d\ud800e\u202ef",
    "\U0001f1ee\U0001f1e9" * 3000,
    "عنوان " * 2000,
    "https://evil.example/login javascript:alert(1) mailto:x@evil.example",
    "",
]


def said(by: str, letter: Any, row_of: Make) -> dict[str, Any]:
    row = row_of(by, options={"interactive": "yes"})
    try:
        request = channels()[by].compose(letter, row)
    except KeyError as unknown:
        if unknown.args[0] not in ("followup_one", "followup_many", "notice_many"):
            raise
        pytest.skip("these have no words yet")
    assert isinstance(request, Request)
    content: dict[str, Any] = json.loads(request.body)
    return content


def check(content: dict[str, Any]) -> None:
    """Through Slack's models and back unchanged, and within the limits."""
    blocks = [Block.parse(block) for block in content.get("blocks", ())]
    assert [block.to_dict() for block in blocks] == content.get("blocks", [])
    if "metadata" in content:
        assert Metadata(**content["metadata"]).to_dict() == content["metadata"]
    assert fault(content) is None
    assert 0 < len(content["text"]) <= 40_000


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def check_harmless(content: dict[str, Any], allowed: set[str]) -> None:
    """No mention, no link but ours, in the blocks and in what is read as mrkdwn."""
    for node in nodes(content.get("blocks", [])):
        assert node.get("type") not in (
            "user",
            "usergroup",
            "broadcast",
            "channel",
            "image",
            "markdown",
            "section",
        )
        if node.get("type") == "mrkdwn":
            assert node["verbatim"] is True
            assert re.fullmatch(r"[^<>&]*(<!date\^\d+\^[^<>|]+\|[^<>&]*>[^<>&]*)*", node["text"])
        assert "url" not in node or node["url"] in allowed
    lines = [line.removeprefix("> ") for line in content["text"].split("\n")]  # our own mark for a quote
    marked = [link for line in lines for link in re.findall(r"<([^>|]*)(?:\|[^<>]*)?>", line)]
    assert {html.unescape(link) for link in marked} <= allowed
    bare = [re.sub(r"<[^<>]*>", "", line) for line in lines]
    assert not [line for line in bare if re.search(r"[<>]|&(?!amp;|lt;|gt;)|://", line)]


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("kind", get_args(DeliveryKind))
@pytest.mark.parametrize("facts", [{}, {"simpler": 1}, {"possible_repeat": True}, {"language": "id"}])
@pytest.mark.parametrize("count", [1, 3, 200])
def test_every_kind_of_letter_passes(
    by: str, kind: Any, facts: dict[str, Any], count: int, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [
        item_of(article=n + 1, story=n // 3 + 1, url=f"{OURS}&n={n}", summary_only=n == 1)
        for n in range(count)
    ]
    if kind == "update" and by == "slack_webhook":
        pytest.skip("a hook's messages stay as they are")
    usual: dict[str, Any] = {"kind": kind, "coverage": {1: Coverage(7, 6, 3)}, "backlog_total": count}
    if kind in ("followup", "update"):
        usual["thread"] = Thread("root", "Perundingan", "1795417260.000100")
    letter = letter_of(*items, **usual, **facts)
    if kind == "notice":
        told = ("Mail is held: the server refuses the log-in.", "It goes out by itself.")
        letter = replace(letter, items=(), topics=(), subscriptions=(), notice=told)
    content = said(by, letter, row_of)
    check(content)
    check_harmless(content, {item.url for item in items})


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("simpler", [0, 1])
@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_stands_in_an_article_is_no_mention_and_no_link(
    by: str, simpler: int, count: int, text: str, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [
        item_of(title=text, source=text, quote=text, topics=(text,), marks=((0, 9),)) for _ in range(count)
    ]
    kind = "article" if count == 1 else "digest"
    content = said(
        by, letter_of(*items, topics=(text,), subscriptions=(text,), simpler=simpler, kind=kind), row_of
    )
    check(content)
    check_harmless(content, {OURS})


FOREIGN = st.text(
    st.one_of(st.sampled_from("<>&|!@#*_`~:/^\n\r\0\u2028\ud800\u202e\u200b"), st.characters()), max_size=80
)


@settings(max_examples=60)
@given(
    title=FOREIGN,
    quote=FOREIGN,
    source=FOREIGN,
    topic=FOREIGN,
    url=st.one_of(FOREIGN, FOREIGN.map("https://news.example/".__add__)),
    marks=st.lists(st.tuples(st.integers(-5, 99), st.integers(-5, 99)), max_size=4),
    simpler=st.integers(0, 1),
    count=st.sampled_from([1, 2, 12]),
    by=st.sampled_from(BY),
    ago=st.timedeltas(timedelta(days=-4000), timedelta(days=4000)),
)
def test_nothing_foreign_breaks_a_message(
    title: str,
    quote: str,
    source: str,
    topic: str,
    url: str,
    marks: list[tuple[int, int]],
    simpler: int,
    count: int,
    by: str,
    ago: timedelta,
    letter_of: Make,
    item_of: Make,
    row_of: Make,
) -> None:
    item = item_of(title=title, quote=quote, source=source, topics=(topic,), url=url, marks=tuple(marks))
    item = replace(item, published_at=item.seen_at - ago)
    kind = "article" if count == 1 else "digest"
    content = said(by, letter_of(*[item] * count, topics=(topic,), simpler=simpler, kind=kind), row_of)
    check(content)
    link = safe_link(url)
    check_harmless(content, {link} if link else set())
