"""Letters as data, and beside each what a reader gets: tests/corpus/letters/NAME.json, and

    NAME.txt     the mail's subject and its plain text
    NAME.page    what is in the mail's HTML, one element a line
    NAME.slack   what Slack shows: the notification's text, then the blocks

Signs of direction, which nobody sees, are written as ⟪rtl …⟫. Where one differs the test shows the lines; with
PANTAU_WRITE_LETTERS=1 in the environment the files are written anew, for `git diff` to show.
"""

from __future__ import annotations

import difflib
import email
import email.policy
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from alerts.channel import Mail
from alerts.channels import channels
from alerts.channels._mail_html import html_part
from alerts.channels._mail_links import Links
from alerts.channels._mail_text import text_part
from alerts.channels._slack_blocks import message
from alerts.foreign import safe_link
from alerts.letter import subject
from alerts.model import Channel, ChannelId, Coverage, Item, Letter, Thread
from ops.newsroom.slack_rules import fault
from worker.secrets import Secret

CORPUS = Path(__file__).parents[1] / "corpus" / "letters"
CHANNELS = channels()
OURS = {
    *("html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td"),
    *("h1", "h2", "h3", "p", "ul", "li", "a", "b", "bdi", "blockquote", "br"),
}
NAMES = sorted(path.stem for path in CORPUS.glob("*.json"))
LEAVE, MANAGE = "https://pantau.example/u/token", "https://pantau.example/manage/token"
LINKS = Links(LEAVE, MANAGE)
_TIMES = ("now", "told_at", "published_at", "seen_at")
_SEEN = {
    "\u2066": "⟪ltr ",
    "\u2067": "⟪rtl ",
    "\u2069": "⟫",
    "\u2060": "⟪wj⟫",
    "\u200c": "⟪zwnj⟫",
    "\u200d": "⟪zwj⟫",
}


def letter_named(name: str) -> Letter:
    """The letter that a file describes."""
    said = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"), object_hook=_value)
    said.pop("about")
    said["items"] = tuple(Item(**item) for item in said["items"])
    said["coverage"] = {int(story): Coverage(*told) for story, told in said.get("coverage", {}).items()}
    said["thread"] = Thread(**said["thread"]) if "thread" in said else None
    return Letter(**said)


def _value(said: dict[str, Any]) -> Any:
    if said.keys() == {"times", "of"}:
        return said["of"] * said["times"]
    return {key: _typed(key, value) for key, value in said.items()}


def _typed(key: str, value: Any) -> Any:
    if key in _TIMES:
        return datetime.fromisoformat(value)
    if key in ("marks", "title_marks"):
        return tuple(map(tuple, value))
    return tuple(value) if isinstance(value, list) else value


def mail_as_text(letter: Letter) -> str:
    return f"Subject: {subject(letter)}\n\n{text_part(letter, LINKS)}"


class Outline(HTMLParser):
    """What a reader or a screen reader meets in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.depth = 0
        self.hidden = False
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.feed(html)
        self.close()
        assert self.depth == 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = "".join(f' {name}="{value}"' for name, value in attrs if name in ("lang", "dir", "href"))
        self.lines.append("  " * self.depth + f"<{tag}{told}>")
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name == "href"}
        self.hidden = tag == "style"
        self.depth += tag not in ("meta", "br")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.hidden:
            self.lines.append("  " * self.depth + data.strip("\n"))


def page_of(letter: Letter) -> str:
    return "\n".join(Outline(html_part(letter, LINKS)).lines) + "\n"


def slack_of(letter: Letter) -> str:
    sent = message(letter)
    assert fault(sent) is None
    blocks = [line for block in sent.get("blocks", ()) for line in _block(block)]
    return "\n".join([sent["text"], "", *blocks]).rstrip() + "\n"


def _block(block: dict[str, Any]) -> Iterator[str]:
    if block["type"] == "context":
        yield "  " + " | ".join(element["text"] for element in block["elements"])
        return
    for part in block["elements"]:
        match part["type"]:
            case "rich_text_list":
                for line in part["elements"]:
                    yield "    " * part["indent"] + "• " + _words(line)
            case "rich_text_quote":
                yield "> " + _words(part)
            case _:
                yield _words(part)


def _words(part: dict[str, Any]) -> str:
    return "".join(map(_word, part["elements"]))


def _word(element: dict[str, Any]) -> str:
    if element["type"] == "link":
        return f"[{element['text']}]({element['url']})"
    return f"*{element['text']}*" if element.get("style") else str(element["text"])


FORMS = {"txt": mail_as_text, "page": page_of, "slack": slack_of}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_a_letter_looks_as_it_did(name: str, form: str) -> None:
    said = "".join(_SEEN.get(sign, sign) for sign in FORMS[form](letter_named(name)))
    kept = CORPUS / f"{name}.{form}"
    if os.environ.get("PANTAU_WRITE_LETTERS"):
        kept.write_text(said, encoding="utf-8")
    expected = kept.read_text(encoding="utf-8") if kept.exists() else ""
    lines = difflib.unified_diff(expected.splitlines(), said.splitlines(), kept.name, "now", lineterm="")
    assert said == expected, "\n" + "\n".join(lines)


def test_no_expectation_stands_without_its_letter() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_becomes_more_than_one_mail_with_our_headers(name: str) -> None:
    row = Channel(ChannelId(1), "rina", "email", Secret("rina@example.org"))
    composed = CHANNELS["email"].compose(letter_named(name), row)
    assert isinstance(composed, Mail)
    parsed = email.message_from_bytes(composed.message, policy=email.policy.default)
    assert len(parsed.get_all("Subject", [])) == 1
    assert not {"Bcc", "Cc", "Reply-To"} & set(parsed)
    assert parsed.defects == []


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_has_an_element_a_mention_or_a_link_of_a_stranger(name: str) -> None:
    letter = letter_named(name)
    links = {link for item in letter.items if (link := safe_link(item.url))}
    page = Outline(html_part(letter, LINKS))
    assert page.tags <= OURS
    assert page.links <= links | {LEAVE, MANAGE}
    sent = json.dumps(message(replace(letter, simpler=0))["blocks"])
    assert set(re.findall(r'"url": "([^"]*)"', sent)) <= {json.dumps(link)[1:-1] for link in links}
    assert not re.search(r'"type": "(?:user|usergroup|broadcast|channel|emoji|section|markdown)"', sent)
