"""What stands where an article should be: a paywall, a log-in, a consent form, a check for robots, an error.

Taken for an article it would raise alarms about cookies, and the words of the article would be missing without
anybody knowing. A page is a wall only where little text besides the wall's own words is left: articles about
paywalls, cookies and captchas are long, and say these things about somebody and not to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal

from lxml import etree, html

from worker.pages.facts import Facts
from worker.pages.phrases import phrases

Wall = Literal["paywall", "login", "consent", "bot", "script", "error"]

_LONG = 1_800  # characters; of 181 news pages' bodies nine in ten are longer
_OPENING = 1_000  # a longer text that is not for all is there for search engines and readers alike
_LEFT_MOST = 300  # besides the wall's own words; news in brief have more
_BLOCK_LONGEST = 160
_SHARE, _HEAD_SHARE = 0.2, 0.5  # of a block, and of a headline, that a wall's phrase makes up
_AFTER_MOST = 400  # characters behind a wall's words; with more of them the words were the article's
_QUOTE_OPENS, _QUOTE_ENDS = re.compile(r"[\"“„«‘”‹「『]"), re.compile(r"[\"“”»’'›」』]")
_GUARDED_MOST = 500  # characters on all of the page
_CONSENT_LEAST = 2  # different phrases; one alone is on every page
_CONSENT_LONGEST = 6_000
_CONSENT_SHARE = 0.4
_FIRST = 3  # paragraphs, of which a consent form that is long asks for it in most
_HEADS_MOST, _BLOCKS_MOST = 20, 1_000
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]")
_SMALL = 300  # elements; walls for robots and empty shells of applications have few
_IS_LARGE = etree.XPath(f"boolean(/descendant::*[{_SMALL + 1}])")
_SOURCES = etree.XPath("//script/@src | //iframe/@src | //form/@action | //form/@id", smart_strings=False)
_INLINE = etree.XPath("//script[not(@src)]/text()", smart_strings=False)
_BLOCKS = etree.XPath(
    "//p | //h1 | //h2 | //h3 | //h4 | //li | //button | //label | //noscript | //section | //div | //title"
)
_SHELL = etree.XPath(
    "boolean(//*[@id='root' or @id='app' or @id='__next' or @id='__nuxt' or @id='___gatsby' or @id='app-root']"
    " | //app-root)"
)
_GUARDED = re.compile(
    r"challenge-platform|cf[-_]chl|captcha-delivery|/recaptcha/|hcaptcha\.com|_incapsula_resource|px-captcha|"
    r"perimeterx|distil_|challenges\.cloudflare|awswaf|ddos-guard|smartcaptcha|geetest|arkoselabs|challenge-form"
)
_GATED = etree.XPath(
    "boolean(//*[contains(translate(@class, 'PAYWL', 'paywl'), 'paywall')"
    " or contains(translate(@id, 'PAYWL', 'paywl'), 'paywall')"
    " or contains(@class, 'subscriber-only') or contains(@class, 'premium-gate') or contains(@class, 'regwall')"
    " or contains(@class, 'tp-modal') or contains(@class, 'piano-') or contains(@class, 'meter-wall')])"
)


def scripts_of(tree: html.HtmlElement) -> str:
    """Where a small page's scripts and forms lead to, and what its own scripts say; empty for any other page."""
    if _IS_LARGE(tree):
        return ""
    return " ".join((*_SOURCES(tree), *(text[:2_000] for text in _INLINE(tree)))).lower()


def wall_of(tree: html.HtmlElement | None, facts: Facts, scripts: str, text: str) -> Wall | None:
    """Which wall a page is, if any. `text` is what was extracted as its article, `scripts` as from `scripts_of`."""
    own = text.split("\n\n") if text else []
    if tree is None or (len(text) > _LONG and not _asks_consent(own[:_FIRST])):
        return None
    blocks = _blocks(tree)
    heads = [facts.title, *map(_text_of, islice(tree.iter("h1", "h2"), _HEADS_MOST))]
    if any(_says("consent", head, _HEAD_SHARE) for head in heads) and _asks_consent(own or blocks):
        return "consent"
    if _is_shut("bot", heads, own, blocks) or _is_guarded(scripts, tree):
        return "bot"
    if _is_shut("error", heads, own, blocks):
        return "error"
    if wall := _gated(tree, facts, own, blocks):
        return wall
    if _asks_consent(own or blocks):
        return "consent"
    is_shell = not own and _SHELL(tree) and sum(map(len, blocks)) <= _LEFT_MOST
    return "script" if is_shell or _is_shut("script", [], own, blocks) else None


def without_pleas(text: str) -> str:
    """An article's opening without the wall's own words behind it."""
    return "\n\n".join(paragraph for paragraph in text.split("\n\n") if not _is_gate(paragraph))


def _is_shut(wall: Wall, heads: Sequence[str], own: Sequence[str], blocks: Sequence[str]) -> bool:
    """Whether the page says that nothing can be read, and shows nothing."""
    if _left(wall, own) > _LEFT_MOST:
        return False
    # Banners and hidden notes say such things on pages with an article, too.
    by_head = any(_says(wall, head, _HEAD_SHARE) for head in heads)
    return by_head or any(_says(wall, block) for block in own or blocks)


def _is_guarded(scripts: str, tree: html.HtmlElement) -> bool:
    """Whether a check for robots is all there is: ordinary pages load the same scripts, for their comments too."""
    return _GUARDED.search(scripts) is not None and len(_text_of(tree)) <= _GUARDED_MOST


def _left(wall: Wall, own: Sequence[str]) -> int:
    """Characters of the text besides the wall's own words."""
    return sum(len(paragraph) for paragraph in own if not _says(wall, paragraph))


def _gated(tree: html.HtmlElement, facts: Facts, own: Sequence[str], blocks: Sequence[str]) -> Wall | None:
    """Walls behind an opening, or none, of the article."""
    if any(_is_gate(paragraph) and _goes_on(own[at + 1 :]) for at, paragraph in enumerate(own)):
        return None
    asked_to_log_in = {block for block in blocks if _says("login", block)}
    if any(_says("paywall", block) for block in blocks if block not in asked_to_log_in):
        return "paywall"
    if asked_to_log_in:
        return "login"
    closed = facts.free is False or (facts.free is None and _GATED(tree))
    short = sum(map(len, own)) <= (_OPENING if facts.free is False else _LEFT_MOST)
    return "paywall" if closed and short else None


def _goes_on(paragraphs: Sequence[str]) -> bool:
    return sum(map(len, paragraphs)) > _AFTER_MOST


def _is_gate(paragraph: str) -> bool:
    return _says("paywall", paragraph) or _says("login", paragraph)


def _asks_consent(paragraphs: Sequence[str]) -> bool:
    """Whether most of a text asks for the reader's consent."""
    length = sum(map(len, paragraphs))
    if not 0 < length <= _CONSENT_LONGEST:
        return False
    found = {paragraph: set(_said("consent", _plain(paragraph))) for paragraph in paragraphs}
    asking = sum(len(paragraph) for paragraph, named in found.items() if named)
    return len(set().union(*found.values())) >= _CONSENT_LEAST and asking >= _CONSENT_SHARE * length


def _says(wall: Wall, block: str, share: float = _SHARE) -> bool:
    """Whether a block says a wall's words to its reader: in few other words, and not in quotation marks."""
    if not block or len(block) > _BLOCK_LONGEST:
        return False
    plain = _plain(block)
    return any(len(phrase) >= share * len(plain) for phrase in _said(wall, plain))


def _said(wall: Wall, plain: str) -> Iterator[str]:
    """The wall's phrases that stand in a text without being quoted."""
    by_word, unspaced = _phrases(wall)
    for word in by_word.keys() & set(_WORD.findall(plain)):
        yield from (phrase for phrase in by_word[word] if _is_said(phrase, plain))
    if _UNSPACED.search(plain):
        yield from (phrase for phrase in unspaced if _is_said(phrase, plain))


def _is_said(phrase: str, plain: str) -> bool:
    before, found, after = plain.partition(phrase)
    return bool(found) and not (_QUOTE_OPENS.search(before) and _QUOTE_ENDS.search(after))


def _text_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _blocks(tree: html.HtmlElement) -> list[str]:
    """The page's blocks of text that are short enough to be said to the reader."""
    texts = map(_text_of, islice(_BLOCKS(tree), _BLOCKS_MOST))
    return list(dict.fromkeys(text for text in texts if 0 < len(text) <= _BLOCK_LONGEST))


@lru_cache(maxsize=8)
def _phrases(wall: Wall) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    """A wall's phrases by their first word, and those in scripts that write no blanks."""
    by_word: dict[str, list[str]] = {}
    unspaced = []
    for phrase in phrases(wall, "walls.toml"):
        if _UNSPACED.search(phrase):
            unspaced.append(phrase)
        else:
            by_word.setdefault(_WORD.findall(phrase)[0], []).append(phrase)
    return by_word, unspaced
