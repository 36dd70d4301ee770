"""Where links and pages lead, how the pages of an article become one text, and what a site repeats."""

from __future__ import annotations

import pytest

from worker.craft import elsewhere, fingerprints, joined, open_page, target_of, whole_page, without_repeats

HERE = "https://news.example/2026/kyiv"
TARGETS = {
    "https://www.google.com/url?rct=j&url=https://news.example/a%3Fb%3D1&ct=ga": "https://news.example/a?b=1",
    "https://www.bing.com/news/apiclick.aspx?ref=x&url=https%3a%2f%2fnews.example%2fa": "https://news.example/a",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa&h=x": "https://news.example/a",
    "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fnews.example%2Fa": "https://news.example/a",
    "https://www.google.com/url?url=javascript:alert(1)": None,
    "https://www.google.com/search?q=https://news.example/a": None,
    "https://google.news.example/url?url=https://evil.example/": None,
    "https://news.example/url?url=https://evil.example/": None,
}


@pytest.mark.parametrize(("link", "target"), TARGETS.items())
def test_the_address_that_an_aggregators_link_carries(link, target):
    assert target_of(link) == target


PAGES = {
    "a page that sends on": (
        '<meta http-equiv="refresh" content="0;url=https://news.example/a">',
        "https://news.example/a",
    ),
    "relative, and quoted": (
        "<META HTTP-EQUIV=refresh CONTENT='1; URL=\"/a?b=1&amp;c=2\"'>",
        "https://news.example/a?b=1&c=2",
    ),
    "it only loads itself anew": (f'<meta http-equiv="refresh" content="5;url={HERE}">', None),
    "it is a page for a while": ('<meta http-equiv="refresh" content="900;url=/">', None),
    "no address": ('<meta http-equiv="refresh" content="5">', None),
    "no web address": ('<meta http-equiv="refresh" content="0;url=javascript:x">', None),
    "too long to be empty": ('<meta http-equiv="refresh" content="0;url=/a">' + "x" * 70_000, None),
}


@pytest.mark.parametrize(("markup", "target"), PAGES.values(), ids=PAGES.keys())
def test_where_a_page_that_is_none_leads(markup, target):
    assert open_page(markup.encode(), HERE).forward == target


NEXT = {
    "a link element": ('<link rel="next" href="/2026/kyiv/2">', f"{HERE}/2"),
    "the address first": (f'<link href="{HERE}?page=2&amp;x=1" rel=next>', f"{HERE}?page=2&x=1"),
    "a pager": (
        "<a class=p href='/2026/kyiv-2' rel='next nofollow'>2</a>",
        "https://news.example/2026/kyiv-2",
    ),
    "another article": ('<a rel="next" href="/2026/banjir">Berikutnya</a>', None),
    "another host": ('<a rel="next" href="https://evil.example/2026/kyiv/2">2</a>', None),
    "itself": (f'<link rel="next" href="{HERE}">', None),
    "nothing": ("<a href='/2026/kyiv/2'>2</a>", None),
}


@pytest.mark.parametrize(("markup", "target"), NEXT.values(), ids=NEXT.keys())
def test_the_next_page_of_an_article(markup, target):
    assert elsewhere(markup.encode(), HERE).next == target


def test_what_each_page_says_anew_stands_once():
    assert joined(["Kop.\n\nSatu.", "Kop.\n\nDua.", ""]) == "Kop.\n\nSatu.\n\nDua."


def test_every_word_of_a_page_and_no_script():
    page = open_page(b"<title>T</title><script>NATO</script><nav>Ukraina</nav><p>Gempa</p>", HERE)
    body = whole_page(page, "Judul").body
    assert "Ukraina" in body
    assert "Gempa" in body
    assert "NATO" not in body


def test_a_paragraph_that_stood_in_four_articles_goes_and_one_of_three_stays():
    text = "Satu.\n\nDua.\n\nIkuti kami."
    counts = dict.fromkeys(fingerprints("Ikuti kami."), 4) | dict.fromkeys(fingerprints("Dua."), 3)
    assert without_repeats(text, counts, 40) == "Satu.\n\nDua."
    assert without_repeats("Ikuti kami.", counts, 40) == "Ikuti kami."
    assert without_repeats(text, {}, 40) == text


def test_the_background_of_a_story_is_no_furniture_of_its_site():
    counts = dict.fromkeys(fingerprints("Perang itu pecah pada 2022."), 9)
    assert "pecah" in without_repeats("Satu.\n\nPerang itu pecah pada 2022.", counts, 100)
    assert "pecah" not in without_repeats("Satu.\n\nPerang itu pecah pada 2022.", counts, 90)
