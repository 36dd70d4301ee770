from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.newsroom.slack_rules import fault
from ops.newsroom.slack_text import identity, links, plain

ALERT: dict[str, Any] = {
    "text": "Perundingan … NATO",
    "metadata": {"event_type": "pantau_alert", "event_payload": {"d": "42"}},
    "blocks": [
        {
            "type": "rich_text",
            "block_id": "pantau:42",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {
                            "type": "link",
                            "url": "http://127.0.0.1:9/kabar/x",
                            "text": "Perundingan",
                            "style": {"bold": True},
                        }
                    ],
                },
                {
                    "type": "rich_text_quote",
                    "elements": [
                        {"type": "text", "text": "memuat janji bahwa "},
                        {"type": "text", "text": "NATO", "style": {"bold": True}},
                        {"type": "text", "text": " tidak akan"},
                    ],
                },
            ],
        },
        {
            "type": "context",
            "elements": [
                {"type": "mrkdwn", "text": "Kabar · <!date^1763877600^{time}|06:00 UTC> · A &amp; B"},
                {"type": "plain_text", "text": "NATO, Ukraine"},
            ],
        },
        {"type": "divider"},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Why?"},
                    "url": "http://127.0.0.1:8484/why/42",
                    "action_id": "why",
                }
            ],
        },
    ],
}


def mrkdwn(length: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * length}


def words(length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * length}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{"type": "button", "text": words(5)} | more]}


def rich(*elements: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


SECTION = {"type": "section", "text": mrkdwn(3000)}


@pytest.mark.parametrize(
    "payload",
    [
        ALERT,
        {"text": "hello"},
        {"text": "x" * 50_000},
        {"attachments": [{"fallback": "x"}]},
        {"blocks": [SECTION] * 50},
        {"blocks": [{"type": "header", "text": words(150)}]},
        {"blocks": [{"type": "section", "fields": [mrkdwn(2000)] * 10}]},
        {"blocks": [{"type": "context", "elements": [mrkdwn(10)] * 10}]},
        {"blocks": [{"type": "actions", "elements": button()["elements"] * 25}]},
        {"blocks": [button(url="u" * 3000, value="v" * 2000, action_id="a" * 255, style="danger")]},
        {"blocks": [{"type": "image", "image_url": "http://x", "alt_text": "x"}]},
        {"blocks": [{"type": "markdown", "text": "m" * 6000}] * 2},
        {"blocks": [SECTION | {"accessory": button()["elements"][0]}]},
        {
            "blocks": [
                {
                    "type": "rich_text",
                    "elements": [
                        {
                            "type": "rich_text_list",
                            "style": "bullet",
                            "elements": [
                                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
                            ],
                        }
                    ],
                }
            ]
        },
    ],
)
def test_what_slack_documents_as_allowed_is_taken(payload: dict[str, Any]) -> None:
    assert fault(payload) is None
    plain(payload)


@pytest.mark.parametrize(
    ("payload", "code", "where"),
    [
        ([], "invalid_payload", ""),
        ("text", "invalid_payload", ""),
        ({}, "no_text", "/text"),
        ({"text": "", "blocks": []}, "no_text", "/text"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format", "/blocks"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments", "/attachments"),
        ({"text": "x", "attachments": "x"}, "invalid_attachments", "/attachments"),
        ({"text": "x", "metadata": "x"}, "invalid_metadata_format", "/metadata"),
        ({"blocks": [SECTION] * 51}, "invalid_blocks", "/blocks"),
        ({"blocks": [{"type": "marquee"}]}, "invalid_blocks", "/blocks/0/type"),
        ({"blocks": [{}]}, "invalid_blocks", "/blocks/0/type"),
        ({"blocks": [SECTION, "x"]}, "invalid_blocks", "/blocks/1"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks", "/blocks/0"),
        ({"blocks": [{"type": "section", "text": mrkdwn(3001)}]}, "invalid_blocks", "/blocks/0/text/text"),
        ({"blocks": [{"type": "section", "text": mrkdwn(0)}]}, "invalid_blocks", "/blocks/0/text/text"),
        ({"blocks": [{"type": "section", "text": "x"}]}, "invalid_blocks", "/blocks/0/text"),
        ({"blocks": [{"type": "section", "fields": [words(1)] * 11}]}, "invalid_blocks", "/blocks/0/fields"),
        (
            {"blocks": [{"type": "section", "fields": [words(2001)]}]},
            "invalid_blocks",
            "/blocks/0/fields/0/text",
        ),
        ({"blocks": [{"type": "header", "text": words(151)}]}, "invalid_blocks", "/blocks/0/text/text"),
        ({"blocks": [{"type": "header", "text": mrkdwn(5)}]}, "invalid_blocks", "/blocks/0/text"),
        (
            {"blocks": [{"type": "context", "elements": [words(1)] * 11}]},
            "invalid_blocks",
            "/blocks/0/elements",
        ),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks", "/blocks/0/elements"),
        (
            {"blocks": [{"type": "actions", "elements": [words(1)]}]},
            "invalid_blocks",
            "/blocks/0/elements/0/type",
        ),
        ({"blocks": [button(text=words(76))]}, "invalid_blocks", "/blocks/0/elements/0/text/text"),
        ({"blocks": [button(url="u" * 3001)]}, "invalid_blocks", "/blocks/0/elements/0/url"),
        ({"blocks": [button(value="v" * 2001)]}, "invalid_blocks", "/blocks/0/elements/0/value"),
        ({"blocks": [button(style="loud")]}, "invalid_blocks", "/blocks/0/elements/0/style"),
        ({"blocks": [{"type": "image", "image_url": "http://x"}]}, "invalid_blocks", "/blocks/0/alt_text"),
        ({"blocks": [{"type": "divider", "block_id": "b" * 256}]}, "invalid_blocks", "/blocks/0/block_id"),
        ({"blocks": [{"type": "divider", "block_id": "b"}] * 2}, "invalid_blocks", "/blocks/1/block_id"),
        ({"blocks": [{"type": "markdown", "text": "m" * 7000}] * 2}, "invalid_blocks", "/blocks"),
        (
            {"blocks": [rich({"type": "text", "text": ""})]},
            "invalid_blocks",
            "/blocks/0/elements/0/elements/0/text",
        ),
        (
            {"blocks": [rich({"type": "link", "text": "x"})]},
            "invalid_blocks",
            "/blocks/0/elements/0/elements/0/url",
        ),
        (
            {"blocks": [rich({"type": "text", "text": "x", "style": {"huge": True}})]},
            "invalid_blocks",
            "/blocks/0/elements/0/elements/0/style",
        ),
        (
            {"blocks": [rich({"type": "text", "text": "x", "style": {"bold": 1}})]},
            "invalid_blocks",
            "/blocks/0/elements/0/elements/0/style",
        ),
        (
            {"blocks": [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}]},
            "invalid_blocks",
            "/blocks/0/elements/0/type",
        ),
    ],
)
def test_what_slack_refuses_is_refused_with_its_word_and_the_place(
    payload: object, code: str, where: str
) -> None:
    found = fault(payload)
    assert found is not None
    assert (found.code, found.where) == (code, where)
    assert found.why


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "elements", "fields", "url", "style"]), inner)
    ),
    max_leaves=12,
)
kinds = st.sampled_from(
    ["section", "header", "context", "actions", "rich_text", "image", "markdown", "divider"]
)


@given(
    st.lists(
        st.builds(
            lambda kind, more: {**more, "type": kind},
            kinds,
            st.dictionaries(
                st.sampled_from(
                    ["text", "elements", "fields", "accessory", "block_id", "alt_text", "image_url"]
                ),
                json_values,
            ),
        ),
        max_size=3,
    )
)
def test_any_json_is_judged_and_what_is_taken_can_be_read(blocks: list[dict[str, Any]]) -> None:
    payload = {"text": "x", "blocks": blocks}
    if fault(payload) is None:
        assert isinstance(plain(payload), str)
        links(payload)
        identity(payload)


def test_a_message_reads_as_a_person_would_see_it() -> None:
    assert plain(ALERT).splitlines() == [
        "*Perundingan*",
        "> memuat janji bahwa *NATO* tidak akan",
        "Kabar · 06:00 UTC · A & B NATO, Ukraine",
        "---",
        "[Why?]",
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("hello", "hello"),
        ("<http://x/a|Title> &lt;b&gt;", "Title <b>"),
        ("see <http://x/a>", "see http://x/a"),
        ("a &amp;amp; b", "a &amp; b"),
    ],
)
def test_a_message_of_text_alone_loses_its_markup(text: str, read: str) -> None:
    assert plain({"text": text}) == read


def test_every_address_in_a_message_is_found_once() -> None:
    assert links(ALERT) == {"http://127.0.0.1:9/kabar/x", "http://127.0.0.1:8484/why/42"}
    assert links({"text": "<http://x/a?b=1&amp;c=2|T> http://y/z"}) == {"http://x/a?b=1&c=2", "http://y/z"}


def test_a_delivery_is_known_by_its_metadata_or_else_by_its_block_id() -> None:
    assert identity(ALERT) == "d=42"
    assert identity({key: value for key, value in ALERT.items() if key != "metadata"}) == "pantau:42"
    assert identity({"text": "x"}) is None
