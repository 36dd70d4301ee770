"""The two bodies of a mail: lines that fit, links that stay whole, yellow for matched words alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import width

from alerts.channels._mail_html import LARGEST, html_part
from alerts.channels._mail_links import Links
from alerts.channels._mail_text import text_part
from alerts.model import Coverage

Make = Callable[..., Any]
LEAVE, MANAGE = "https://pantau.example/u/token", "https://pantau.example/manage/token"
LINKS = Links(LEAVE, MANAGE)
CLIPPED = 102 * 1024  # where Gmail hides the rest of a mail
wild_text = st.text(
    st.characters(codec=None) | st.sampled_from(" \n\u202e\ud800<>&北กकنא、。\u0301"), max_size=200
)


def many(letter_of: Make, item_of: Make, count: int, **facts: Any) -> Any:
    items = [
        item_of(
            article=n,
            title=f"Artikel {n:03} " + "judul " * 15,
            url=f"https://news.example.id/{n:03}/" + "s" * 60,
            quote="kalimat NATO " * 20,
            story=n // 3,
            topics=("NATO", "Kyiv")[: n % 2 + 1],
        )
        for n in range(count)
    ]
    coverage = {n: Coverage(9, 7, 3) for n in range(count)}
    return letter_of(*items, **{"kind": "digest", "topics": ("Kyiv", "NATO"), "coverage": coverage, **facts})


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text that each holds itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, []))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1][2].append(data)


def over_long(text: str) -> list[str]:
    """Lines that are wider than a mail's should be; a link stays whole, however long."""
    return [
        line for line in text.splitlines() if width(line, control_codes="ignore") > 76 and "http" not in line
    ]


def test_lines_fit_the_screen_and_links_stand_alone(letter_of: Make, item_of: Make) -> None:
    text = text_part(many(letter_of, item_of, 12), LINKS)
    assert over_long(text) == []
    links = [line.strip() for line in text.splitlines() if "news.example.id" in line]
    assert links == sorted(f"https://news.example.id/{n:03}/" + "s" * 60 for n in range(12))


@given(title=wild_text, quote=wild_text, source=wild_text, topic=wild_text)
def test_whatever_strangers_write_the_text_stays_in_its_lines(
    letter_of: Make, item_of: Make, title: str, quote: str, source: str, topic: str
) -> None:
    item = item_of(title=title, quote=quote, source=source, topics=(topic, "NATO"), marks=((0, 3), (5, 200)))
    letter = letter_of(item, replace(item, article=2, story=1), kind="digest", topics=(topic, "NATO"))
    text = text_part(letter, Links(LEAVE))
    assert over_long(text.replace("https://", "").replace("http", "")) == []
    assert text.count("https://news.example.id/a?b=1&c=2\n") == 2
    assert text.count("\n-- \n") == 1
    for line in text.splitlines():
        # A foreign text that ran on into ours would have left its sign of direction open.
        assert len(re.findall("[\u2066\u2067]", line)) == line.count("\u2069") or "\u2069" not in line


def test_headings_are_underlined_as_wide_as_they_are(letter_of: Make, item_of: Make) -> None:
    text = text_part(many(letter_of, item_of, 6, topics=("北约", "Kyiv")), Links(LEAVE))
    found = re.findall(r"^(.+)\n(=+|-+)$", text, re.MULTILINE)
    assert [rule[0] for _, rule in found if rule != "--"] == ["=", "-", "-"][: len(found)]
    assert all(width(line) == len(rule) for line, rule in found)


@pytest.mark.parametrize(
    ("quote", "marks", "shown"),
    [
        ("Sekjen NATO-nya tiba.", ((7, 11),), "> Sekjen *NATO*-nya tiba."),
        ("北约秘书长访问基辅。", ((0, 2),), "> 北约秘书长访问基辅。"),
        ("与NATO举行会谈。", ((1, 5),), "> 与NATO举行会谈。"),
        ("เลขาธิการนาโต NATO มา", ((14, 18),), "> เลขาธิการนาโต *NATO* มา"),
        ("한국은 나토와 협력한다.", ((4, 6),), "> 한국은 *나토*와 협력한다."),
    ],
)
def test_matched_words_stand_between_asterisks_where_blanks_part_words(
    letter_of: Make, item_of: Make, quote: str, marks: Any, shown: str
) -> None:
    assert shown in text_part(letter_of(item_of(quote=quote, marks=marks)), Links()).splitlines()


def test_a_line_never_begins_with_what_closes_a_phrase(letter_of: Make, item_of: Make) -> None:
    for shift in range(40):
        quote = "北" * shift + "约秘书长访问基辅，与总统会谈。" * 12
        text = text_part(letter_of(item_of(quote=quote, marks=())), Links())
        assert not re.search("^> [，。]", text, re.MULTILINE)


def test_every_line_of_a_text_from_right_to_left_runs_so(letter_of: Make, item_of: Make) -> None:
    quote = "قال الأمين العام لحلف NATO إن الحلف سيعزز قواته " * 4
    lines = [
        line
        for line in text_part(letter_of(item_of(quote=quote, marks=())), Links()).splitlines()
        if "> " in line
    ]
    assert len(lines) > 2
    assert all(re.fullmatch("> \u2067[^\u2066-\u2069]+\u2069", line) for line in lines)


@given(title=wild_text, quote=wild_text, source=wild_text, language=wild_text)
def test_whatever_strangers_write_the_page_has_no_element_of_theirs(
    letter_of: Make, item_of: Make, title: str, quote: str, source: str, language: str
) -> None:
    ours = [tag for tag, _, _ in Page(html_part(letter_of(), Links())).elements]
    item = item_of(
        title=title or "x", quote=f"NATO {quote}", marks=((0, 4),), source=source or "x", language=language
    )
    page = Page(html_part(letter_of(replace(item, source=f"x{source}")), Links()))
    assert [tag for tag, _, _ in page.elements] == ours
    assert {name for _, attrs, _ in page.elements for name in attrs} <= {
        *("lang", "dir", "href", "style", "class", "role", "width", "align", "charset", "name", "content"),
        *("cellpadding", "cellspacing", "border"),
    }


@pytest.mark.parametrize("count", [1, 30, 200])
def test_no_mail_is_so_long_that_gmail_hides_its_end(letter_of: Make, item_of: Make, count: int) -> None:
    html = html_part(many(letter_of, item_of, count), LINKS)
    assert len(html.encode()) < CLIPPED
    for n in range(count):
        assert f'href="https://news.example.id/{n:03}/' in html
    assert html.index("unsubscribe".title()) > html.rindex("news.example.id")


def test_the_sentences_are_left_out_only_where_the_page_grows_too_long(
    letter_of: Make, item_of: Make
) -> None:
    assert "<blockquote" in html_part(many(letter_of, item_of, 30), Links())
    long = html_part(many(letter_of, item_of, 200), Links())
    assert "<blockquote" not in long
    assert len(long.encode()) > LARGEST // 3


def test_yellow_is_for_matched_words_alone(letter_of: Make, item_of: Make) -> None:
    item = item_of(title="NATO di Kyiv", title_marks=((0, 4),))
    page = Page(html_part(letter_of(item), LINKS))
    yellow = [words for _, attrs, words in page.elements if "#ffe58a" in attrs.get("style", "")]
    assert [words[0] for words in yellow] == ["NATO", "NATO"]


def test_every_foreign_text_has_its_language_and_direction(letter_of: Make, item_of: Make) -> None:
    item = item_of(
        title="الناتو", quote="قال NATO", marks=((4, 8),), source="الجزيرة", language="ar", story=1
    )
    other = item_of(article=2, title="נאט״ו", language="he", story=1)
    page = Page(html_part(letter_of(item, other), Links()))
    told = [
        (tag, attrs.get("lang"), attrs.get("dir"))
        for tag, attrs, _ in page.elements
        if tag in ("h1", "blockquote")
    ]
    assert told == [("h1", "ar", "auto"), ("blockquote", "ar", "auto")]
    (quote,) = (attrs["style"] for tag, attrs, _ in page.elements if tag == "blockquote")
    assert "border-right" in quote
    assert any(tag == "bdi" and attrs.get("lang") == "he" for tag, attrs, _ in page.elements)


@pytest.mark.parametrize(
    ("kind", "count", "headings"),
    [("article", 1, ["h1"]), ("followup", 1, ["h1", "h2"]), ("digest", 2, ["h1", "h2", "h3", "h2", "h3"])],
)
def test_headings_are_as_deep_as_they_stand(
    letter_of: Make, item_of: Make, kind: Any, count: int, headings: list[str]
) -> None:
    items = [item_of(article=n, topics=(topic,)) for n, topic in enumerate(["NATO", "Kyiv"][:count])]
    page = Page(html_part(letter_of(*items, kind=kind, topics=("NATO", "Kyiv")), Links()))
    assert [tag for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)] == headings


def test_a_copy_of_the_first_article_is_its_outlet_alone(letter_of: Make, item_of: Make) -> None:
    copy = item_of(article=2, source="Kabar Timur", url="https://kabar.example.id/1", story=1)
    html = html_part(letter_of(item_of(story=1), copy), Links())
    assert re.search(
        r'href="https://kabar\.example\.id/1"[^>]*><bdi>Kabar Timur</bdi></a> · <bdi>14:01</bdi>', html
    )


def test_a_list_of_mails_shows_the_sentence(letter_of: Make, item_of: Make) -> None:
    page = Page(html_part(letter_of(), Links()))
    (hidden,) = (words for tag, attrs, words in page.elements if "display:none" in attrs.get("style", ""))
    assert hidden[0] == "Sekjen NATO-nya tiba di Kyiv."


def test_every_class_of_the_dark_is_used_and_every_colour_has_one(letter_of: Make, item_of: Make) -> None:
    html = html_part(many(letter_of, item_of, 6), LINKS)
    sheet = html[html.index("<style>") : html.index("</style>")]
    declared = set(re.findall(r"\.([a-z])\{", sheet))
    used = {name for names in re.findall(r'class="([a-z ]+)"', html) for name in names.split()}
    assert used == declared - ({"m"} - used)
    for tag, attrs, _ in Page(html).elements:
        if re.search("color:#|border[^:]*:[^;]*#", attrs.get("style", "")) and tag != "table":
            assert attrs.get("class"), (tag, attrs)
