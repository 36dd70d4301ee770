"""All the words of a page, for asking whether any topic could be touched before the article is taken out.

Six pages in ten touch no topic. They are read too, since the archive is to be whole, but later: reading one takes
four times as long as looking at its words, and those that touch a topic must not wait behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from worker.model import Article
from worker.pages.boxes import texts_of
from worker.pages.page import Page

# Every blank that Unicode has: a text may be one U+3000 alone.
_BLANKS = " \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_PARTING = frozenset(_BLANKS + '.,:;!?()[]{}<>"/|')
_CHAIN_LONGEST = 8


def whole_page(page: Page, title: str = "") -> Article:
    """Everything that an article read from this page may hold, for `TopicIndex.touches`, and more than that:
    teasers of others too. `title` is what the feed calls it. Not for `TopicIndex.match`."""
    texts = texts_of(page.tree) if page.tree is not None else []
    body = " ".join([*texts, *_glued(texts), page.facts.body, page.own])
    return Article(title=f"{title}\n{page.facts.title}", body=body)


def _glued(texts: Sequence[str]) -> Iterator[str]:
    """Words that may go on over the border of an element, each way to join them: whether `<b>N</b>ATO` is one word
    or two depends on the element, and readers of articles are not of one mind about all of them."""
    for at, (before, after) in enumerate(pairwise(texts)):
        if before[-1] in _PARTING or after[0] in _PARTING:
            continue
        word = before.split()[-1]
        for text in texts[at + 1 : at + _CHAIN_LONGEST]:
            start = text.split(None, 1)
            if not start or text[0] in _PARTING:
                break
            word += start[0]
            yield word
            if start[0] != text:
                break
